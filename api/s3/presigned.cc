#include "api/s3/presigned.h"

#include <algorithm>
#include <iterator>

#include "api/signature/signature_failure.h"
#include "api/signature/url_life.h"
#include "api/wire/text.h"

namespace trainyard::api {

namespace {

constexpr std::string_view restored[] = {"x-amz-acl",
                                         "x-amz-expected-bucket-owner",
                                         "x-amz-metadata-directive",
                                         "x-amz-server-side-encryption",
                                         "x-amz-server-side-encryption-aws-kms-key-id",
                                         "x-amz-storage-class",
                                         "x-amz-tagging",
                                         "x-amz-tagging-directive",
                                         "x-amz-website-redirect-location"};

}  // namespace

S3Result<void> check_expiry(const QueryParameters& query, Time now) {
  const auto checked = check_url_life(query, now);
  if (!checked) return tl::unexpected<S3Error>(s3_error_of(checked.error()));
  return {};
}

void restore_headers(const QueryParameters& query, Headers& headers) {
  const bool presigned = query.has("X-Amz-Signature") || query.has("Signature");
  if (!presigned || headers.find("Authorization")) return;
  for (const auto& [name, value] : query.all()) {
    const std::string lowered = to_lower(name);
    const bool known =
        lowered.starts_with("x-amz-meta-") ||
        std::find(std::begin(restored), std::end(restored), lowered) != std::end(restored);
    if (known && !headers.find(lowered)) headers.add(lowered, value);
  }
}

}  // namespace trainyard::api
