#include "server/env/make_bucket.h"

#include <chrono>

#include "api/signature/canonical_request.h"
#include "api/signature/hmac.h"
#include "api/signature/scope.h"

namespace trainyard::server {

namespace {

constexpr int conflict_status = 409;

// What a request to S3 without a body must carry.
std::string authorization(const api::Request& request, const api::Credential& keys,
                          const std::string& region, const std::string& date_time) {
  const api::SignatureScope scope{date_time.substr(0, 8), region, "s3"};
  const std::string canonical = api::canonical_request(
      request, {.path = api::PathForm::of_s3,
                .signed_headers = {"host", "x-amz-content-sha256", "x-amz-date"},
                .payload_hash = api::sha256_hex_of_nothing,
                .left_out = {}});
  return fmt::format(
      "{} Credential={}/{}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={}",
      api::v4_algorithm, keys.access_key_id, scope.text(),
      api::sign_v4(api::signing_key(keys.secret_access_key, scope),
                   api::string_to_sign(date_time, scope, canonical)));
}

}  // namespace

Result<void> make_bucket(const BaseUrl& url, const api::Credential& keys, const std::string& region,
                         const std::string& bucket) {
  const std::string date_time = api::to_signature_time(SystemClock().now());
  HttpRequest request{"PUT", "/" + bucket};
  request.headers = {{"x-amz-date", date_time},
                     {"x-amz-content-sha256", std::string(api::sha256_hex_of_nothing)},
                     {"Content-Length", "0"}};
  api::Request to_sign;
  to_sign.method = request.method;
  to_sign.path = request.path;
  to_sign.headers.add("host", url.authority());
  for (const auto& [name, value] : request.headers) to_sign.headers.add(name, value);
  request.headers.emplace_back("Authorization", authorization(to_sign, keys, region, date_time));
  StringSink body;
  TRY(const HttpAnswer answer, http_send(url, request, body, daemon_patience));
  if (answer.status == 200 || answer.status == conflict_status) return {};
  return failure(ErrorKind::internal,
                 fmt::format("the bucket {} could not be made: {} answered with HTTP status {}: {}",
                             bucket, url.text(), answer.status, answer.text));
}

}  // namespace trainyard::server
