#include "api/signature/signature_v2.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "api/signature/hmac.h"
#include "api/signature/url_life.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"
#include "api/wire/uri.h"
#include "runtime/object/digest.h"

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;

// Parameters of the query that name what is acted upon, in the order of their signing.
constexpr std::string_view signed_parameters[] = {"accelerate",
                                                  "acl",
                                                  "analytics",
                                                  "cors",
                                                  "delete",
                                                  "encryption",
                                                  "inventory",
                                                  "lifecycle",
                                                  "location",
                                                  "logging",
                                                  "metrics",
                                                  "notification",
                                                  "object-lock",
                                                  "partNumber",
                                                  "policy",
                                                  "replication",
                                                  "requestPayment",
                                                  "response-cache-control",
                                                  "response-content-disposition",
                                                  "response-content-encoding",
                                                  "response-content-language",
                                                  "response-content-type",
                                                  "response-expires",
                                                  "restore",
                                                  "select",
                                                  "select-type",
                                                  "storageClass",
                                                  "tagging",
                                                  "torrent",
                                                  "uploadId",
                                                  "uploads",
                                                  "versionId",
                                                  "versioning",
                                                  "versions",
                                                  "website"};

// Spaces within a value stay, unlike in Version 4. Those of a presigned URL stand in its query:
// signers write them as headers and then move them.
std::string amazon_headers(const Request& request) {
  Headers headers = request.headers;
  if (signature_kind(request) == SignatureKind::v2_query) {
    const auto query = QueryParameters::parse(request.query).value_or(QueryParameters());
    for (const auto& [name, value] : query.all()) {
      if (!headers.find(name)) headers.add(name, value);
    }
  }
  std::map<std::string, std::string> values;
  for (const auto& field : headers.fields()) {
    const std::string name = to_lower(field.first);
    if (!name.starts_with("x-amz-")) continue;
    const auto [value, is_new] = values.try_emplace(name);
    if (!is_new) value->second += ',';
    value->second += trimmed(field.second);
  }
  std::string text;
  for (const auto& [name, value] : values) text += fmt::format("{}:{}\n", name, value);
  return text;
}

// "/bucket": a bucket is "/bucket/" to clients that address it by host, and to botocore always.
bool names_bucket_alone(std::string_view path) {
  return path.size() > 1 && path.find('/', 1) == path.npos;
}

std::string resource(const Request& request, std::string_view path) {
  std::string text(path);
  const auto query = QueryParameters::parse(request.query).value_or(QueryParameters());
  char separator = '?';
  for (const std::string_view name : signed_parameters) {
    const auto value = query.find(name);
    if (!value) continue;
    text += std::exchange(separator, '&');
    text += name;
    if (!value->empty()) text += fmt::format("={}", *value);
  }
  return text;
}

std::string to_sign_with_path(const Request& request, std::string_view date,
                              std::string_view path) {
  return fmt::format("{}\n{}\n{}\n{}\n{}{}", request.method, request.headers.get("Content-MD5"),
                     request.headers.get("Content-Type"), date, amazon_headers(request),
                     resource(request, path));
}

// "Tue, 27 Mar 2007 19:36:42 +0000" is as good as one that ends with GMT.
std::optional<Time> request_time(std::string_view date) {
  constexpr std::string_view zero_offset = "+0000";
  if (!date.ends_with(zero_offset)) return parse_http_date(date);
  return parse_http_date(std::string(date.substr(0, date.size() - zero_offset.size())) + "GMT");
}

SignatureResult<void> check_date(const Headers& headers, Time now) {
  const std::string_view date = headers.get(headers.find("x-amz-date") ? "x-amz-date" : "Date");
  const auto time = request_time(date);
  if (!time) {
    return signature_failure(Kind::missing,
                             "AWS authentication requires a valid Date or x-amz-date header");
  }
  if (*time >= now - allowed_skew && *time <= now + allowed_skew) return {};
  return signature_failure(Kind::skewed, "",
                           {{"RequestTime", std::string(date)},
                            {"ServerTime", to_iso_milliseconds(now)},
                            {"MaxAllowedSkewMilliseconds", "900000"}});
}

}  // namespace

std::string string_to_sign_v2(const Request& request, std::string_view date,
                              std::string_view bucket_from_host) {
  const std::string path = bucket_from_host.empty()
                               ? request.path
                               : fmt::format("/{}{}", bucket_from_host, request.path);
  return to_sign_with_path(request, date, path);
}

std::string sign_v2(std::string_view secret_access_key, std::string_view text) {
  return to_base64(hmac_sha1(secret_access_key, text));
}

SignatureResult<Credential> verify_signature_v2(const Request& request, SignatureKind kind,
                                                const SignatureRules& rules,
                                                std::string_view bucket_from_host) {
  const auto query = QueryParameters::parse(request.query).value_or(QueryParameters());
  const bool presigned = kind == SignatureKind::v2_query;
  std::string key_id = query.get("AWSAccessKeyId");
  std::string signature = query.get("Signature");
  std::string date = query.get("Expires");
  std::string token = query.get("x-amz-security-token");
  if (!presigned) {
    const std::string_view claim = request.headers.get("Authorization").substr(4);
    const std::size_t colon = std::min(claim.rfind(':'), claim.size());
    key_id = claim.substr(0, colon);
    signature = claim.substr(std::min(colon + 1, claim.size()));
    // The Date field is not signed where Amazon's own is.
    date = request.headers.find("x-amz-date") ? "" : request.headers.get("Date");
  }
  if (token.empty()) token = request.headers.get("x-amz-security-token");
  TRY(Credential credential, find_credential(rules.credentials, key_id, token, rules.now));
  TRY_VOID(presigned ? check_v2_life(date, rules.now) : check_date(request.headers, rules.now));
  const auto matches = [&](std::string_view text) {
    return equal_in_constant_time(sign_v2(credential.secret_access_key, text), signature);
  };
  const std::string to_sign = string_to_sign_v2(request, date, bucket_from_host);
  if (matches(to_sign)) return credential;
  if (bucket_from_host.empty() && names_bucket_alone(request.path) &&
      matches(to_sign_with_path(request, date, request.path + "/"))) {
    return credential;
  }
  return signature_failure(
      Kind::mismatch, "",
      {{"AWSAccessKeyId", key_id}, {"StringToSign", to_sign}, {"SignatureProvided", signature}});
}

}  // namespace trainyard::api
