#pragma once

// What a signature of the fourth version is bound to, and the key derived for it ("Signature
// calculations" in the Amazon S3 API reference, "AWS Signature Version 4" in the IAM user guide).
//
// Pure functions; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"

namespace trainyard::api {

struct SignatureScope {
  std::string date;  // YYYYMMDD
  std::string region;
  std::string service;  // "s3"

  // "20130524/us-east-1/s3/aws4_request"
  std::string text() const;
};

// KEY/DATE/REGION/SERVICE/aws4_request. The key id, a client's own, may hold slashes.
struct ScopedKey {
  std::string access_key_id;
  SignatureScope scope;
};
std::optional<ScopedKey> parse_scoped_key(std::string_view credential);

std::string signing_key(std::string_view secret_access_key, const SignatureScope& scope);

// The signature of `text`, in hexadecimal digits.
std::string sign_v4(std::string_view signing_key, std::string_view text);

// What is signed of a request: algorithm, time, scope and the canonical request's digest.
std::string string_to_sign(std::string_view date_time, const SignatureScope& scope,
                           std::string_view canonical_request);

// "20130524T000000Z"
std::optional<Time> parse_signature_time(std::string_view text);
std::string to_signature_time(Time time);

inline constexpr std::string_view v4_algorithm = "AWS4-HMAC-SHA256";

}  // namespace trainyard::api
