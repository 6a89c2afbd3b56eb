#pragma once

// A request's body held to what was signed of it, while it passes through: the SHA-256 of the
// whole, or a signature for every chunk of an aws-chunked body and for its trailer ("Transferring
// payload in multiple chunks" in the Amazon S3 API reference). The bytes are handed on as they are,
// still in chunks.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/s3/chunk_decoder.h"
#include "api/signature/signature_failure.h"
#include "runtime/base/stream.h"
#include "runtime/object/digest.h"

namespace trainyard::api {

inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

struct BodySignature {
  enum class Kind { none, digest, chunks, chunks_and_trailer };
  Kind kind = Kind::none;
  std::string digest;  // hexadecimal, lower case
  // Of the chunks: each signature covers the one before, the first one that of the header.
  std::string signing_key;
  std::string date_time;
  std::string scope;
  std::string seed;
};

// By the value of x-amz-content-sha256; the rest is for the caller to fill in.
SignatureResult<BodySignature> body_signature(std::string_view payload_hash);

// Used by one thread at a time. A read that meets bytes which were not signed fails, at the end at
// the latest, so nothing must be kept before `read` has returned 0.
class SignedBody final : public ByteSource {
 public:
  // `body` outlives this.
  SignedBody(ByteSource& body, BodySignature signature);

  Result<std::size_t> read(std::span<std::byte> buffer) override;

  // Why reading failed, where a signature was the reason.
  const std::optional<SignatureFailure>& failure() const { return failure_; }

 private:
  Result<void> check_chunks(std::span<const std::byte> encoded);
  Result<void> begin_chunk();
  Result<void> end_chunk();
  Result<void> check_trailer();
  Result<void> check_digest();
  Result<void> expect(std::string_view expected, std::string_view given,
                      std::string_view string_to_sign);

  ByteSource& body_;
  BodySignature signature_;
  std::unique_ptr<Digest> digest_;  // of the body, or of the present chunk
  ChunkDecoder chunks_;
  std::string chunk_signature_;  // as the present chunk claims it
  bool in_chunk_ = false;
  bool finished_ = false;
  std::optional<SignatureFailure> failure_;
};

}  // namespace trainyard::api
