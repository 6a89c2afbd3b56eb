#include "api/s3/checksum_headers.h"

#include <algorithm>
#include <cctype>

namespace trainyard::api {

namespace {

constexpr DigestAlgorithm algorithms[] = {DigestAlgorithm::crc32, DigestAlgorithm::crc32c,
                                          DigestAlgorithm::crc64nvme, DigestAlgorithm::sha1,
                                          DigestAlgorithm::sha256};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

S3Result<std::string> decoded_value(DigestAlgorithm algorithm, std::string_view text) {
  auto raw = from_base64(text);
  if (!raw || raw->size() != digest_of(algorithm, "").size()) {
    return s3_failure("InvalidRequest", fmt::format("Value for {} header is invalid.",
                                                    checksum_header(to_string(algorithm))));
  }
  return std::move(*raw);
}

S3Result<void> claim_in_trailer(ClaimedChecksums& claimed, std::string_view trailer_names) {
  const std::string names = lower(trailer_names);
  for (const DigestAlgorithm algorithm : algorithms) {
    // One name is rarely the beginning of another, but crc32 is one of crc32c.
    const std::string name = checksum_header(to_string(algorithm));
    const std::size_t at = names.find(name);
    if (at == names.npos) continue;
    const std::size_t end = at + name.size();
    if (end < names.size() && std::isalnum(static_cast<unsigned char>(names[end])) != 0) continue;
    claimed.algorithm = algorithm;
    claimed.in_trailer = true;
  }
  return {};
}

}  // namespace

std::string checksum_header(std::string_view algorithm) {
  return "x-amz-checksum-" + lower(algorithm);
}

std::string checksum_element(std::string_view algorithm) {
  return "Checksum" + std::string(algorithm);
}

S3Result<ClaimedChecksums> claimed_checksums(const Headers& headers) {
  ClaimedChecksums claimed;
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
  if (!claimed.algorithm) TRY_VOID(claim_in_trailer(claimed, headers.get("x-amz-trailer")));
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
