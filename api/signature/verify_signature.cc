#include "api/signature/verify_signature.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/signature/canonical_request.h"
#include "api/signature/hmac.h"
#include "api/signature/signature_claim.h"
#include "api/signature/signature_v2.h"
#include "api/signature/url_life.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;

// Services of one region for the whole world are signed for this one wherever the caller is.
constexpr std::string_view global_region = "us-east-1";

bool is_global(std::string_view service) {
  return service == "iam" || service == "sts";
}

// The words of S3's answers about presigned URLs do not speak of a header.
tl::unexpected<SignatureFailure> wrong_scope(const V4Claim& claim, std::string_view what,
                                             std::string_view given, std::string_view expected) {
  std::vector<std::pair<const char*, std::string>> details;
  if (what == "region") details.emplace_back("Region", expected);
  const std::string text =
      fmt::format("the {} '{}' is wrong; expecting '{}'", what, given.substr(0, 100), expected);
  if (claim.presigned) {
    return signature_failure(Kind::malformed_query,
                             "Error parsing the X-Amz-Credential parameter; " + text,
                             std::move(details));
  }
  return signature_failure(Kind::malformed_header, "The authorization header is malformed; " + text,
                           std::move(details));
}

SignatureResult<void> check_scope(const V4Claim& claim, const SignatureRules& rules, bool s3) {
  const SignatureScope& scope = claim.key.scope;
  const bool region = rules.region.empty() || scope.region == rules.region ||
                      (is_global(rules.service) && scope.region == global_region);
  if (!region) {
    if (s3) return wrong_scope(claim, "region", scope.region, rules.region);
    return signature_failure(
        Kind::mismatch,
        fmt::format("Credential should be scoped to a valid region, not '{}'; this is '{}'.",
                    scope.region.substr(0, 100), rules.region));
  }
  if (scope.service != rules.service) {
    if (s3) return wrong_scope(claim, "service", scope.service, rules.service);
    return signature_failure(
        Kind::mismatch,
        fmt::format("Credential should be scoped to correct service: '{}'.", rules.service));
  }
  return {};
}

tl::unexpected<SignatureFailure> too_skewed(const V4Claim& claim, Time now, bool s3) {
  const auto skew_milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(allowed_skew).count();
  if (s3) {
    return signature_failure(Kind::skewed, "",
                             {{"RequestTime", claim.date_time},
                              {"ServerTime", to_iso_milliseconds(now)},
                              {"MaxAllowedSkewMilliseconds", std::to_string(skew_milliseconds)}});
  }
  const std::string present = to_signature_time(now);
  if (claim.time < now) {
    return signature_failure(
        Kind::skewed, fmt::format("Signature expired: {} is now earlier than {} ({} - 15 min.)",
                                  claim.date_time, to_signature_time(now - allowed_skew), present));
  }
  return signature_failure(
      Kind::skewed, fmt::format("Signature not yet current: {} is still later than {} ({} + 15 "
                                "min.)",
                                claim.date_time, to_signature_time(now + allowed_skew), present));
}

SignatureResult<void> check_time(const V4Claim& claim, Time now, bool s3) {
  if (!claim.expires) {
    const bool near = claim.time >= now - allowed_skew && claim.time <= now + allowed_skew;
    if (near) return {};
    return too_skewed(claim, now, s3);
  }
  if (claim.time > now + allowed_skew) {
    return signature_failure(Kind::expired, "Request is not valid yet");
  }
  return check_v4_life(claim.time, *claim.expires, now);
}

// A field that decides something, and that anyone on the way could have added.
SignatureResult<void> check_signed_headers(const V4Claim& claim, const Headers& headers) {
  std::string unsigned_names = claim.signs("host") ? "" : "host";
  for (const auto& field : headers.fields()) {
    std::string name = to_lower(field.first);
    // This one is signed as the payload's hash.
    if (!name.starts_with("x-amz-") || name == "x-amz-content-sha256" || claim.signs(name)) {
      continue;
    }
    unsigned_names += (unsigned_names.empty() ? "" : ", ") + name;
  }
  if (unsigned_names.empty()) return {};
  return signature_failure(Kind::unsigned_headers, "", {{"HeadersNotSigned", unsigned_names}});
}

std::string spaced_hex(std::string_view text) {
  std::string bytes;
  for (const char c : text) {
    bytes += fmt::format("{}{:02x}", bytes.empty() ? "" : " ", static_cast<unsigned char>(c));
  }
  return bytes;
}

tl::unexpected<SignatureFailure> mismatch(const V4Claim& claim, const std::string& to_sign,
                                          const std::string& canonical) {
  return signature_failure(Kind::mismatch, "",
                           {{"AWSAccessKeyId", claim.key.access_key_id},
                            {"StringToSign", to_sign},
                            {"SignatureProvided", claim.signature},
                            {"StringToSignBytes", spaced_hex(to_sign)},
                            {"CanonicalRequest", canonical},
                            {"CanonicalRequestBytes", spaced_hex(canonical)}});
}

// What stands for the body in the canonical request.
SignatureResult<std::string> payload_hash(const Request& request, const V4Claim& claim, bool s3,
                                          std::string_view body) {
  if (!s3) return sha256_hex(body);
  if (const auto given = request.headers.find("x-amz-content-sha256")) return std::string(*given);
  if (claim.presigned) return std::string(unsigned_payload);
  return signature_failure(Kind::missing_payload_hash);
}

SignatureResult<VerifiedSignature> verify_v4(const Request& request, const SignatureRules& rules,
                                             SignatureKind kind, std::string_view body) {
  const bool s3 = rules.service == "s3";
  TRY(const V4Claim claim, read_v4_claim(request, kind, s3));
  TRY_VOID(check_scope(claim, rules, s3));
  TRY(Credential credential,
      find_credential(rules.credentials, claim.key.access_key_id, claim.session_token, rules.now));
  TRY_VOID(check_time(claim, rules.now, s3));
  TRY_VOID(check_signed_headers(claim, request.headers));

  TRY(const std::string hash, payload_hash(request, claim, s3, body));
  const std::string canonical =
      canonical_request(request, {.path = s3 ? PathForm::of_s3 : PathForm::of_other_services,
                                  .signed_headers = claim.signed_headers,
                                  .payload_hash = hash,
                                  .left_out = claim.presigned ? "X-Amz-Signature" : ""});
  const std::string to_sign = string_to_sign(claim.date_time, claim.key.scope, canonical);
  const std::string key = signing_key(credential.secret_access_key, claim.key.scope);
  if (!equal_in_constant_time(sign_v4(key, to_sign), claim.signature)) {
    return mismatch(claim, to_sign, canonical);
  }
  VerifiedSignature verified{std::move(credential), {}};
  if (!s3) return verified;
  TRY(verified.body, body_signature(hash));
  verified.body.signing_key = key;
  verified.body.date_time = claim.date_time;
  verified.body.scope = claim.key.scope.text();
  verified.body.seed = claim.signature;
  return verified;
}

}  // namespace

SignatureResult<Credential> find_credential(const CredentialSource& credentials,
                                            const std::string& access_key_id,
                                            std::string_view session_token, Time now) {
  auto credential = credentials.find(access_key_id);
  const bool token_missing =
      credential && session_token.empty() && !credential->session_token.empty();
  if (!credential || token_missing) {
    return signature_failure(Kind::unknown_key, "", {{"AWSAccessKeyId", access_key_id}});
  }
  if (!equal_in_constant_time(credential->session_token, session_token)) {
    return signature_failure(Kind::wrong_token, "", {{"Token-0", std::string(session_token)}});
  }
  if (credential->expires <= now) {
    return signature_failure(Kind::expired_token, "", {{"Token-0", std::string(session_token)}});
  }
  return std::move(*credential);
}

SignatureResult<VerifiedSignature> verify_signature(const Request& request,
                                                    const SignatureRules& rules,
                                                    std::string_view body,
                                                    std::string_view bucket_from_host) {
  const SignatureKind kind = signature_kind(request);
  switch (kind) {
    case SignatureKind::none:
      return signature_failure(Kind::missing);
    case SignatureKind::v4_header:
    case SignatureKind::v4_query:
      return verify_v4(request, rules, kind, body);
    case SignatureKind::v2_header:
    case SignatureKind::v2_query:
      if (rules.service == "s3") {
        TRY(Credential credential, verify_signature_v2(request, kind, rules, bucket_from_host));
        return VerifiedSignature{std::move(credential), {}};
      }
      break;
    case SignatureKind::several:
      return signature_failure(Kind::unsupported,
                               "Only one auth mechanism allowed; only the X-Amz-Algorithm query "
                               "parameter, Signature query string parameter or the Authorization "
                               "header should be specified");
    case SignatureKind::unsupported:
      break;
  }
  return signature_failure(Kind::unsupported);
}

}  // namespace trainyard::api
