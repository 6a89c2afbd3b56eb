#pragma once

// The policy of a form upload ("POST policy" in the Amazon S3 API reference): what its signer
// allows whoever fills in the form to upload.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "api/s3/s3_call.h"

namespace trainyard::api {

struct SizeRange {
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

// Holds the fields, among them those that are not written in the form but follow from it (bucket),
// against the policy's base64 text. The size that the file may have, or AccessDenied or
// InvalidPolicyDocument.
S3Result<SizeRange> check_post_policy(std::string_view policy, const std::vector<FormField>& fields,
                                      Time now);

}  // namespace trainyard::api
