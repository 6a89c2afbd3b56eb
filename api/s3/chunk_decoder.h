#pragma once

// Decodes `aws-chunked` bodies ("Signature calculations: transferring payload in multiple chunks"
// in the Amazon S3 API reference), fed at any split point:
//
//   hex-size[;chunk-signature=…] CRLF data CRLF … 0[;…] CRLF trailer: value CRLF … CRLF
//
// Signatures are not checked here (see api/signature/signed_body.h). Lines, their number, and sizes
// are bounded, so hostile input costs no memory. Used by one thread at a time.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/wire/http_message.h"
#include "runtime/base/result.h"
#include "runtime/base/stream.h"

namespace trainyard::api {

class ChunkDecoder {
 public:
  struct Step {
    std::size_t consumed = 0;            // of the input
    std::span<const std::byte> payload;  // a part of the input; may be empty
    bool begins_chunk = false;  // the header of a chunk was read, also of the empty last one
  };

  // Takes bytes off `input` until a chunk began, some payload was found or the input is used up. A
  // malformed body is ErrorKind::invalid_argument, and the decoder is of no more use.
  Result<Step> decode(std::span<const std::byte> input);

  // The last chunk and the trailers have been read; more input is an error.
  bool finished() const { return state_ == State::finished; }
  std::uint64_t payload_bytes() const { return payload_bytes_; }
  // What stands behind the size of the present chunk: "chunk-signature=…".
  const std::string& chunk_extension() const { return extension_; }
  // Complete when finished.
  const Headers& trailers() const { return trailers_; }

 private:
  enum class State { size_line, data, data_end, trailer_line, finished };

  Result<bool> take_line(std::span<const std::byte>& input);
  Result<void> begin_chunk();
  Result<void> add_trailer();

  State state_ = State::size_line;
  std::string line_;
  std::string extension_;
  std::uint64_t left_in_chunk_ = 0;
  std::uint64_t payload_bytes_ = 0;
  Headers trailers_;
};

// The payload of an aws-chunked body. Holds it to `payload_length`: a body of another length is
// ErrorKind::data_corrupt.
class ChunkedSource final : public ByteSource {
 public:
  ChunkedSource(ByteSource& encoded, std::uint64_t payload_length)
      : encoded_(encoded), payload_length_(payload_length) {}

  Result<std::size_t> read(std::span<std::byte> buffer) override;
  // Complete when `read` has returned 0.
  const Headers& trailers() const { return decoder_.trailers(); }

 private:
  ByteSource& encoded_;
  std::uint64_t payload_length_;
  ChunkDecoder decoder_;
};

}  // namespace trainyard::api
