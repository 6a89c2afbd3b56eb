#pragma once

// The checksums that a request claims for its body, and those that an answer gives back ("Checking
// object integrity" in the Amazon S3 user guide).

#include <optional>
#include <set>
#include <string>

#include "api/s3/s3_error.h"
#include "api/wire/http_message.h"
#include "runtime/object/bucket_store.h"
#include "runtime/object/digest.h"

namespace trainyard::api {

struct ClaimedChecksums {
  std::optional<std::string> md5;            // raw, from Content-MD5
  std::optional<DigestAlgorithm> algorithm;  // of the one x-amz-checksum-*
  std::optional<std::string> value;          // raw
  bool in_trailer = false;                   // the value comes behind the body
  std::optional<std::string> sha256;         // raw, from x-amz-content-sha256

  // What has to be computed beside the MD5 to compare.
  std::set<DigestAlgorithm> algorithms() const;
};

S3Result<ClaimedChecksums> claimed_checksums(const Headers& headers);

// The claim behind the body, where there was to be one.
S3Result<void> add_trailing_checksum(ClaimedChecksums& claimed, const Headers& trailers);

// BadDigest when the body is not what was claimed.
S3Result<void> compare_checksums(const ClaimedChecksums& claimed, const BodyDigests& digests);

// "x-amz-checksum-crc32", and "ChecksumCRC32" as an element.
std::string checksum_header(std::string_view algorithm);
std::string checksum_element(std::string_view algorithm);

void add_checksum(Headers& headers, const std::optional<ObjectChecksum>& checksum);

}  // namespace trainyard::api
