#include "api/signature/signature_claim.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "api/signature/url_life.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"
#include "api/wire/uri.h"

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    parts.emplace_back(part);
  }
  return parts;
}

// "NAME=value, NAME=value" behind the algorithm's name.
std::map<std::string, std::string> authorization_fields(std::string_view authorization) {
  authorization.remove_prefix(std::min(authorization.size(), authorization.find(' ')));
  std::map<std::string, std::string> fields;
  for (const std::string& part : split(authorization, ',')) {
    const std::string_view field = trimmed(part);
    const std::size_t equals = std::min(field.find('='), field.size());
    fields.emplace(field.substr(0, equals), field.substr(std::min(equals + 1, field.size())));
  }
  return fields;
}

bool is_v4_query(const QueryParameters& query) {
  return query.has("X-Amz-Algorithm") || query.has("X-Amz-Credential");
}

bool is_v2_query(const QueryParameters& query) {
  return query.has("AWSAccessKeyId") && query.has("Signature");
}

SignatureResult<ScopedKey> read_key(const std::string& credential, Kind kind, bool s3) {
  if (auto key = parse_scoped_key(credential)) return std::move(*key);
  return signature_failure(
      kind, s3 ? fmt::format("The authorization header is malformed; the Credential is mal-formed; "
                             "expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
               : fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                             "keyid/date/region/service/term, got '{}'",
                             credential.substr(0, 200)));
}

SignatureResult<void> read_time(V4Claim& claim, std::string date_time, Kind kind, bool s3) {
  const auto time = parse_signature_time(date_time);
  if (!time) {
    return signature_failure(kind, s3 ? std::string(wrong_date_text)
                                      : "Date must be in ISO-8601 'basic format'. Got '" +
                                            date_time.substr(0, 100) +
                                            "'. See http://en.wikipedia.org/wiki/ISO_8601");
  }
  claim.date_time = std::move(date_time);
  claim.time = *time;
  const std::string day = claim.date_time.substr(0, 8);
  if (claim.key.scope.date == day) return {};
  return signature_failure(
      kind, s3 ? fmt::format("The authorization header is malformed; Invalid credential date "
                             "\"{}\". This date is not the same as X-Amz-Date: \"{}\".",
                             claim.key.scope.date.substr(0, 100), day)
               : fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 "
                             "version of date from HTTP: '{}' != '{}', from '{}'.",
                             claim.key.scope.date.substr(0, 100), day, claim.date_time));
}

// X-Amz-Date, or Date in either of its forms.
std::string time_of_headers(const Headers& headers) {
  if (const auto date = headers.find("X-Amz-Date")) return std::string(*date);
  const std::string_view date = headers.get("Date");
  if (const auto time = parse_http_date(date)) return to_signature_time(*time);
  return std::string(date);
}

SignatureResult<V4Claim> read_header(const Request& request, bool s3) {
  auto fields = authorization_fields(request.headers.get("Authorization"));
  std::string missing;
  for (const char* name : {"Credential", "Signature", "SignedHeaders"}) {
    if (!fields[name].empty()) continue;
    if (s3) {
      return signature_failure(Kind::malformed_header,
                               fmt::format("The authorization header is malformed; the {} field "
                                           "is missing.",
                                           name));
    }
    missing += fmt::format("Authorization header requires '{}' parameter. ", name);
  }
  std::string date_time = time_of_headers(request.headers);
  if (date_time.empty()) {
    if (s3) {
      return signature_failure(Kind::missing,
                               "AWS authentication requires a valid Date or x-amz-date header");
    }
    missing +=
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (!missing.empty()) {
    missing.pop_back();
    return signature_failure(Kind::malformed_header, std::move(missing));
  }
  V4Claim claim;
  TRY(claim.key, read_key(fields["Credential"], Kind::malformed_header, s3));
  TRY_VOID(read_time(claim, std::move(date_time), Kind::malformed_header, s3));
  claim.signed_headers = split(fields["SignedHeaders"], ';');
  claim.signature = fields["Signature"];
  claim.session_token = request.headers.get("X-Amz-Security-Token");
  return claim;
}

SignatureResult<std::optional<std::chrono::seconds>> read_expires(const QueryParameters& query,
                                                                  bool s3) {
  const auto text = query.find("X-Amz-Expires");
  if (!text) {
    if (!s3) return std::nullopt;
    return signature_failure(Kind::malformed_query,
                             "Query-string authentication version 4 requires the X-Amz-Algorithm, "
                             "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, "
                             "and X-Amz-Expires parameters.");
  }
  return read_url_seconds(*text);
}

SignatureResult<V4Claim> read_query(const QueryParameters& query, bool s3) {
  for (const char* name :
       {"X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders"}) {
    if (!query.get(name).empty()) continue;
    return signature_failure(Kind::malformed_query,
                             s3 ? "Query-string authentication version 4 requires the "
                                  "X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, "
                                  "X-Amz-SignedHeaders, and X-Amz-Expires parameters."
                                : fmt::format("AWS query-string parameters must include '{}'. "
                                              "Re-examine the query-string parameters.",
                                              name));
  }
  V4Claim claim;
  claim.presigned = true;
  TRY(claim.key, read_key(query.get("X-Amz-Credential"), Kind::malformed_query, s3));
  TRY_VOID(read_time(claim, query.get("X-Amz-Date"), Kind::malformed_query, s3));
  TRY(claim.expires, read_expires(query, s3));
  claim.signed_headers = split(query.get("X-Amz-SignedHeaders"), ';');
  claim.signature = query.get("X-Amz-Signature");
  claim.session_token = query.get("X-Amz-Security-Token");
  return claim;
}

}  // namespace

bool V4Claim::signs(std::string_view header) const {
  return std::find(signed_headers.begin(), signed_headers.end(), header) != signed_headers.end();
}

SignatureKind signature_kind(const Request& request) {
  const auto query = QueryParameters::parse(request.query).value_or(QueryParameters());
  const auto authorization = request.headers.find("Authorization");
  const bool v4 = is_v4_query(query);
  const bool v2 = is_v2_query(query);
  if (int{v4} + int{v2} + int{authorization.has_value()} > 1) return SignatureKind::several;
  if (v4) {
    const bool known = query.find("X-Amz-Algorithm").value_or(v4_algorithm) == v4_algorithm;
    return known ? SignatureKind::v4_query : SignatureKind::unsupported;
  }
  if (v2) return SignatureKind::v2_query;
  if (!authorization) return SignatureKind::none;
  if (authorization->starts_with("AWS4-HMAC-SHA256 ")) return SignatureKind::v4_header;
  if (authorization->starts_with("AWS ")) return SignatureKind::v2_header;
  return SignatureKind::unsupported;
}

SignatureResult<V4Claim> read_v4_claim(const Request& request, SignatureKind kind,
                                       bool service_is_s3) {
  if (kind == SignatureKind::v4_header) return read_header(request, service_is_s3);
  return read_query(QueryParameters::parse(request.query).value_or(QueryParameters()),
                    service_is_s3);
}

std::string claimed_access_key_id(const Request& request) {
  const std::string_view authorization = request.headers.get("Authorization");
  if (authorization.starts_with("AWS4-")) {
    const auto key = parse_scoped_key(authorization_fields(authorization)["Credential"]);
    return key ? key->access_key_id : "";
  }
  if (authorization.starts_with("AWS ")) {
    return std::string(authorization.substr(4, authorization.find(':', 4) - 4));
  }
  const auto query = QueryParameters::parse(request.query).value_or(QueryParameters());
  if (const auto key = parse_scoped_key(query.get("X-Amz-Credential"))) return key->access_key_id;
  return query.get("AWSAccessKeyId");
}

}  // namespace trainyard::api
