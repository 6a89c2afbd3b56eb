#include "api/signature/url_life.h"

#include <fmt/format.h>

#include "api/signature/scope.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"
#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;

constexpr std::int64_t week_seconds = 7 * 24 * 3600;

}  // namespace

SignatureResult<std::chrono::seconds> read_url_seconds(std::string_view text) {
  const auto seconds = parse_number<std::int64_t>(text);
  if (!seconds) {
    return signature_failure(Kind::malformed_query, "X-Amz-Expires should be a number");
  }
  if (*seconds < 0) {
    return signature_failure(Kind::malformed_query, "X-Amz-Expires must be non-negative");
  }
  if (*seconds > week_seconds) {
    return signature_failure(Kind::malformed_query,
                             "X-Amz-Expires must be less than a week (in seconds); that is, the "
                             "given X-Amz-Expires must be less than 604800 seconds");
  }
  return std::chrono::seconds(*seconds);
}

SignatureResult<void> check_v4_life(Time begin, std::chrono::seconds life, Time now) {
  const Time end = begin + life;
  if (now <= end) return {};
  return signature_failure(Kind::expired, "Request has expired",
                           {{"X-Amz-Expires", std::to_string(life.count())},
                            {"Expires", to_iso_milliseconds(end)},
                            {"ServerTime", to_iso_milliseconds(now)}});
}

SignatureResult<void> check_v2_life(std::string_view expires, Time now) {
  const auto seconds = parse_number<std::int64_t>(expires);
  if (!seconds || *seconds < 0) {
    return signature_failure(
        Kind::missing,
        fmt::format("Invalid date (should be seconds since epoch): {}", expires.substr(0, 100)));
  }
  const Time end = from_whole_seconds(*seconds);
  if (now <= end) return {};
  return signature_failure(
      Kind::expired, "Request has expired",
      {{"Expires", to_iso_milliseconds(end)}, {"ServerTime", to_iso_milliseconds(now)}});
}

SignatureResult<void> check_url_life(const QueryParameters& query, Time now) {
  if (query.has("X-Amz-Signature")) {
    const auto begin = parse_signature_time(query.get("X-Amz-Date"));
    if (!begin) return signature_failure(Kind::malformed_query, wrong_date_text);
    TRY(const auto life, read_url_seconds(query.get("X-Amz-Expires")));
    return check_v4_life(*begin, life, now);
  }
  if (query.has("AWSAccessKeyId") && query.has("Signature")) {
    return check_v2_life(query.get("Expires"), now);
  }
  return {};
}

}  // namespace trainyard::api
