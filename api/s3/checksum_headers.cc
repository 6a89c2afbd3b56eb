#include "api/s3/checksum_headers.h"

#include "api/wire/text.h"

namespace trainyard::api {

namespace {

constexpr DigestAlgorithm algorithms[] = {DigestAlgorithm::crc32, DigestAlgorithm::crc32c,
                                          DigestAlgorithm::crc64nvme, DigestAlgorithm::sha1,
                                          DigestAlgorithm::sha256};

S3Result<std::string> decoded_value(DigestAlgorithm algorithm, std::string_view text) {
  auto raw = from_base64(text);
  if (!raw || raw->size() != digest_of(algorithm, "").size()) {
    return s3_failure("InvalidRequest", fmt::format("Value for {} header is invalid.",
                                                    checksum_header(to_string(algorithm))));
  }
  return std::move(*raw);
}

void claim_in_trailer(ClaimedChecksums& claimed, std::string_view trailer_names) {
  for_each_item(to_lower(trailer_names), [&](std::string_view name) {
    for (const DigestAlgorithm algorithm : algorithms) {
      if (name != checksum_header(to_string(algorithm))) continue;
      claimed.algorithm = algorithm;
      claimed.in_trailer = true;
    }
  });
}

// The hash of the body that a signature covers. Whoever sends it means it, signed or not.
S3Result<void> claim_sha256(ClaimedChecksums& claimed, const Headers& headers) {
  const auto value = headers.find("x-amz-content-sha256");
  if (!value || *value == "UNSIGNED-PAYLOAD" || value->starts_with("STREAMING-")) return {};
  claimed.sha256 = from_hex(*value);
  if (claimed.sha256 && claimed.sha256->size() == 32) return {};
  return s3_failure("InvalidArgument",
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                    "STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
                    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
                    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, "
                    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.");
}

}  // namespace

std::string checksum_header(std::string_view algorithm) {
  return "x-amz-checksum-" + to_lower(algorithm);
}

std::string checksum_element(std::string_view algorithm) {
  return "Checksum" + std::string(algorithm);
}

std::set<DigestAlgorithm> ClaimedChecksums::algorithms() const {
  std::set<DigestAlgorithm> all;
  if (algorithm) all.insert(*algorithm);
  if (sha256) all.insert(DigestAlgorithm::sha256);
  return all;
}

S3Result<ClaimedChecksums> claimed_checksums(const Headers& headers) {
  ClaimedChecksums claimed;
  TRY_VOID(claim_sha256(claimed, headers));
  if (const auto md5 = headers.find("content-md5")) {
    claimed.md5 = from_base64(*md5);
    if (!claimed.md5 || claimed.md5->size() != 16) return s3_failure("InvalidDigest");
  }
  for (const DigestAlgorithm algorithm : algorithms) {
    const auto value = headers.find(checksum_header(to_string(algorithm)));
    if (!value) continue;
    if (claimed.algorithm) {
      return s3_failure("InvalidRequest",
                        "Expecting a single x-amz-checksum- header. Multiple checksum Types are "
                        "not allowed.");
    }
    claimed.algorithm = algorithm;
    TRY(claimed.value, decoded_value(algorithm, *value));
  }
  if (!claimed.algorithm) claim_in_trailer(claimed, headers.get("x-amz-trailer"));
  const std::string_view sdk = headers.get("x-amz-sdk-checksum-algorithm");
  if (!sdk.empty() && !claimed.algorithm && !claimed.md5) {
    return s3_failure("InvalidRequest",
                      "x-amz-sdk-checksum-algorithm specified, but no corresponding "
                      "x-amz-checksum-* or x-amz-trailer headers were found.");
  }
  return claimed;
}

S3Result<void> add_trailing_checksum(ClaimedChecksums& claimed, const Headers& trailers) {
  if (!claimed.in_trailer) return {};
  const std::string name = checksum_header(to_string(*claimed.algorithm));
  const auto value = trailers.find(name);
  if (!value) return s3_failure("MalformedTrailerError");
  TRY(claimed.value, decoded_value(*claimed.algorithm, *value));
  return {};
}

S3Result<void> compare_checksums(const ClaimedChecksums& claimed, const BodyDigests& digests) {
  if (claimed.sha256 && *claimed.sha256 != digests.raw.at(DigestAlgorithm::sha256)) {
    return s3_failure(
        "XAmzContentSHA256Mismatch",
        {{"ClientComputedContentSHA256", to_hex(*claimed.sha256)},
         {"S3ComputedContentSHA256", to_hex(digests.raw.at(DigestAlgorithm::sha256))}});
  }
  if (claimed.md5 && *claimed.md5 != digests.raw.at(DigestAlgorithm::md5)) {
    return s3_failure("BadDigest",
                      {{"ExpectedDigest", to_base64(*claimed.md5)},
                       {"CalculatedDigest", to_base64(digests.raw.at(DigestAlgorithm::md5))}});
  }
  if (claimed.value && *claimed.value != digests.raw.at(*claimed.algorithm)) {
    return s3_failure("BadDigest",
                      fmt::format("The {} you specified did not match the calculated checksum.",
                                  to_string(*claimed.algorithm)));
  }
  return {};
}

void add_checksum(Headers& headers, const std::optional<ObjectChecksum>& checksum) {
  if (!checksum) return;
  headers.add(checksum_header(checksum->algorithm), checksum->value);
  headers.add("x-amz-checksum-type", checksum->type);
}

}  // namespace trainyard::api
