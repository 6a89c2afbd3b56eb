#pragma once

// A request's body, read straight from the socket into the reader's buffer: what came with the
// header first, then from the connection itself. Stated length or chunked. The first read answers
// `Expect: 100-continue`.
//
// Used by the thread that serves the request. Errors: invalid_argument for chunks that are not
// well formed, timed_out, unavailable when the client is gone; after one, all reads fail.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "runtime/base/stream.h"
#include "server/http/read_buffer.h"
#include "server/http/request_head.h"
#include "server/http/socket_stream.h"

namespace trainyard::server {

class RequestBody final : public ByteSource {
 public:
  RequestBody(SocketStream& stream, ReadBuffer& input, const RequestHead& head,
              std::chrono::milliseconds read_time, std::chrono::milliseconds write_time);

  Result<std::size_t> read(std::span<std::byte> buffer) override;

  // The next byte of the connection belongs to the next request.
  bool finished() const { return state_ == State::finished; }

  // Reads what is left and throws it away; true when that was the whole body. Gives up at once
  // where the client waits for a word that nobody gave, after `bytes`, and after `time`.
  bool drain(std::uint64_t bytes, std::chrono::milliseconds time);

 private:
  enum class State { data, chunk_size, chunk_end, trailer, finished, broken };

  Result<std::size_t> read_next(std::span<std::byte> buffer);
  Result<std::size_t> read_data(std::span<std::byte> buffer);
  Result<void> read_chunk_size();
  Result<void> read_chunk_end();
  Result<void> read_trailer();
  Result<std::string_view> read_line();
  Result<std::size_t> receive(std::span<std::byte> buffer);

  SocketStream& stream_;
  ReadBuffer& input_;
  std::chrono::milliseconds read_time_;
  std::chrono::milliseconds write_time_;
  bool chunked_;
  bool continue_wanted_;
  State state_;
  std::uint64_t left_ = 0;  // of the body, or of the present chunk
  std::size_t trailer_bytes_ = 0;
};

}  // namespace trainyard::server
