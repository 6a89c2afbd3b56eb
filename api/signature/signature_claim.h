#pragma once

// What a request says about its signature, before anything of it is believed. Pure functions; any
// thread.

#include <optional>
#include <string>
#include <vector>

#include "api/signature/scope.h"
#include "api/signature/signature_failure.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

// A signature of the fourth version.
struct V4Claim {
  ScopedKey key;
  std::vector<std::string> signed_headers;  // lower case
  std::string signature;
  std::string date_time;  // "20130524T000000Z"
  Time time;
  std::string session_token;
  std::optional<std::chrono::seconds> expires;  // a presigned URL's
  bool presigned = false;

  bool signs(std::string_view header) const;
};

enum class SignatureKind {
  none,
  v4_header,
  v4_query,
  v2_header,
  v2_query,
  unsupported,  // V4a, Basic, Bearer, …
  several,      // more than one of them
};
SignatureKind signature_kind(const Request& request);

// For v4_header and v4_query. `service_is_s3` decides about the words of a failure.
SignatureResult<V4Claim> read_v4_claim(const Request& request, SignatureKind kind,
                                       bool service_is_s3);

// The key that a request names, whatever its signature is worth; "" when it names none.
std::string claimed_access_key_id(const Request& request);

}  // namespace trainyard::api
