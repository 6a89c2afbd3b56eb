#pragma once

// The body of a request as its sender meant it: plain or aws-chunked, of the promised length, with
// the promised checksums.

#include <memory>

#include "api/s3/checksum_headers.h"
#include "api/s3/chunk_decoder.h"
#include "api/s3/s3_call.h"

namespace trainyard::api {

class RequestBody {
 public:
  // Looks at the headers only. More than `most` promised bytes are EntityTooLarge.
  static S3Result<RequestBody> open(Request& request, std::uint64_t most);

  const ClaimedChecksums& claimed() const { return claimed_; }
  // Moves the body into the writer and compares length and checksums: the writer may be committed.
  S3Result<void> receive(BodyWriter& writer);
  // The same for a small body, as text.
  S3Result<std::string> receive_text();

 private:
  S3Result<void> receive(ByteSink& sink, std::uint64_t& received);

  ByteSource* plain_ = nullptr;
  std::unique_ptr<ChunkedSource> chunked_;  // over plain_, where the body is aws-chunked
  std::optional<std::uint64_t> length_;     // of the payload; there once the body is open
  ClaimedChecksums claimed_;
};

// The largest body of one PutObject or UploadPart.
inline constexpr std::uint64_t largest_single_put = 5ull * 1024 * 1024 * 1024;
// The largest XML document that is read.
inline constexpr std::uint64_t largest_xml = 8ull * 1024 * 1024;

}  // namespace trainyard::api
