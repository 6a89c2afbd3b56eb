#include "api/s3/presigned.h"

#include <algorithm>
#include <iterator>

#include "api/wire/http_date.h"
#include "api/wire/text.h"
#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

constexpr std::int64_t longest_seconds = 7 * 86400;

constexpr std::string_view restored[] = {"x-amz-acl",
                                         "x-amz-expected-bucket-owner",
                                         "x-amz-metadata-directive",
                                         "x-amz-server-side-encryption",
                                         "x-amz-server-side-encryption-aws-kms-key-id",
                                         "x-amz-storage-class",
                                         "x-amz-tagging",
                                         "x-amz-tagging-directive",
                                         "x-amz-website-redirect-location"};

// "20240131T120000Z"
std::optional<Time> parse_basic_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  return parse_http_date(fmt::format("{}-{}-{}T{}:{}:{}Z", text.substr(0, 4), text.substr(4, 2),
                                     text.substr(6, 2), text.substr(9, 2), text.substr(11, 2),
                                     text.substr(13, 2)));
}

tl::unexpected<S3Error> expired(Time end, Time now) {
  return tl::unexpected<S3Error>(
      S3Error{"AccessDenied",
              "Request has expired",
              {{"Expires", to_iso_milliseconds(end)}, {"ServerTime", to_iso_milliseconds(now)}}});
}

S3Result<void> check_version_4(const QueryParameters& query, Time now) {
  const auto wrong = [](const char* what) {
    return s3_failure("AuthorizationQueryParametersError", what);
  };
  const auto date = parse_basic_date(query.get("X-Amz-Date"));
  if (!date) return wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  const auto seconds = parse_number<std::int64_t>(query.get("X-Amz-Expires"));
  if (!seconds) return wrong("X-Amz-Expires should be a number");
  if (*seconds < 0) return wrong("X-Amz-Expires must be non-negative");
  if (*seconds > longest_seconds) {
    return wrong(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
        "must be less than 604800 seconds");
  }
  const Time end = *date + std::chrono::seconds(*seconds);
  if (now > end) return expired(end, now);
  return {};
}

S3Result<void> check_version_2(const QueryParameters& query, Time now) {
  const auto seconds = parse_number<std::int64_t>(query.get("Expires"));
  if (!seconds || *seconds < 0) {
    return s3_failure("AccessDenied", "Invalid date (should be seconds since epoch): " +
                                          query.get("Expires").substr(0, 100));
  }
  const Time end = from_whole_seconds(*seconds);
  if (now > end) return expired(end, now);
  return {};
}

}  // namespace

S3Result<void> check_expiry(const QueryParameters& query, Time now) {
  if (query.has("X-Amz-Signature")) return check_version_4(query, now);
  if (query.has("AWSAccessKeyId") && query.has("Signature")) return check_version_2(query, now);
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
