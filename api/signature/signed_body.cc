#include "api/signature/signed_body.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "api/signature/hmac.h"
#include "api/wire/text.h"

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;

bool is_digest(std::string_view text) {
  return text.size() == sha256_hex_of_nothing.size() &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// The trailer's fields, without their signature, in the order of their names.
std::string canonical_trailer(const Headers& trailers) {
  std::map<std::string, std::string> fields;
  for (const auto& field : trailers.fields()) {
    std::string name = to_lower(field.first);
    if (name != "x-amz-trailer-signature") fields.emplace(std::move(name), field.second);
  }
  std::string text;
  for (const auto& [name, value] : fields) text += fmt::format("{}:{}\n", name, value);
  return text;
}

}  // namespace

SignatureResult<BodySignature> body_signature(std::string_view payload_hash) {
  BodySignature signature;
  if (payload_hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") {
    signature.kind = BodySignature::Kind::chunks;
  } else if (payload_hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") {
    signature.kind = BodySignature::Kind::chunks_and_trailer;
  } else if (is_digest(payload_hash)) {
    signature.kind = BodySignature::Kind::digest;
    signature.digest = payload_hash;
  } else if (payload_hash != unsigned_payload &&
             payload_hash != "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    return signature_failure(
        SignatureFailure::Kind::malformed_payload_hash, "",
        {{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", std::string(payload_hash)}});
  }
  return signature;
}

SignedBody::SignedBody(ByteSource& body, BodySignature signature)
    : body_(body), signature_(std::move(signature)) {
  if (signature_.kind != BodySignature::Kind::none) digest_ = make_digest(DigestAlgorithm::sha256);
}

Result<std::size_t> SignedBody::read(std::span<std::byte> buffer) {
  if (failure_) return trainyard::failure(ErrorKind::permission_denied, "the body is not signed");
  TRY(const std::size_t count, body_.read(buffer));
  switch (signature_.kind) {
    case BodySignature::Kind::none:
      break;
    case BodySignature::Kind::digest:
      digest_->update(buffer.first(count));
      if (count == 0) TRY_VOID(check_digest());
      break;
    case BodySignature::Kind::chunks:
    case BodySignature::Kind::chunks_and_trailer:
      TRY_VOID(check_chunks(buffer.first(count)));
      break;
  }
  return count;
}

Result<void> SignedBody::check_chunks(std::span<const std::byte> encoded) {
  while (!encoded.empty()) {
    TRY(const ChunkDecoder::Step step, chunks_.decode(encoded));
    digest_->update(step.payload);
    encoded = encoded.subspan(step.consumed);
    if (step.begins_chunk) TRY_VOID(begin_chunk());
  }
  if (!chunks_.finished() || std::exchange(finished_, true)) return {};
  TRY_VOID(end_chunk());
  return signature_.kind == BodySignature::Kind::chunks ? Result<void>() : check_trailer();
}

// A chunk's data is complete when the next chunk begins.
Result<void> SignedBody::begin_chunk() {
  if (std::exchange(in_chunk_, true)) TRY_VOID(end_chunk());
  constexpr std::string_view name = "chunk-signature=";
  const std::string& extension = chunks_.chunk_extension();
  const std::size_t at = extension.find(name);
  chunk_signature_ = at == extension.npos ? "" : extension.substr(at + name.size());
  return {};
}

Result<void> SignedBody::end_chunk() {
  const auto digest = std::exchange(digest_, make_digest(DigestAlgorithm::sha256));
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}",
                                          signature_.date_time, signature_.scope, signature_.seed,
                                          sha256_hex_of_nothing, to_hex(digest->finish()));
  signature_.seed = to_hex(hmac_sha256(signature_.signing_key, to_sign));
  return expect(signature_.seed, chunk_signature_, to_sign);
}

Result<void> SignedBody::check_trailer() {
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{}",
                                          signature_.date_time, signature_.scope, signature_.seed,
                                          sha256_hex(canonical_trailer(chunks_.trailers())));
  return expect(to_hex(hmac_sha256(signature_.signing_key, to_sign)),
                chunks_.trailers().get("x-amz-trailer-signature"), to_sign);
}

Result<void> SignedBody::expect(std::string_view expected, std::string_view given,
                                std::string_view string_to_sign) {
  if (equal_in_constant_time(expected, given)) return {};
  failure_ = SignatureFailure{
      Kind::mismatch,
      "",
      {{"StringToSign", std::string(string_to_sign)}, {"SignatureProvided", std::string(given)}}};
  return trainyard::failure(ErrorKind::permission_denied,
                            "a chunk's signature is not the one given");
}

// May be called again: a body that has ended can be read once more.
Result<void> SignedBody::check_digest() {
  if (std::exchange(finished_, true)) return {};
  const std::string digest = to_hex(digest_->finish());
  if (digest == signature_.digest) return {};
  failure_ = SignatureFailure{
      Kind::wrong_payload_hash,
      "",
      {{"ClientComputedContentSHA256", signature_.digest}, {"S3ComputedContentSHA256", digest}}};
  return trainyard::failure(ErrorKind::permission_denied,
                            "the body is not the one that was signed");
}

}  // namespace trainyard::api
