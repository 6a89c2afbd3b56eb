#pragma once

// Why a request's signature was not accepted, and how each protocol says so.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "api/s3/s3_error.h"
#include "api/wire/http_message.h"
#include "api/wire/protocol_error.h"

namespace trainyard::api {

struct SignatureFailure {
  enum class Kind {
    missing,           // the request is not signed
    malformed_header,  // the Authorization field is not what it should be
    malformed_query,   // a presigned URL's parameters are not
    unsupported,       // signed in a way that is not taken here
    unknown_key,
    wrong_token,       // the session token is not the key's
    expired_token,     // the temporary key has ended
    mismatch,          // signed with another secret, or changed on the way
    skewed,            // signed too long ago, or in the future
    expired,           // a presigned URL's time is over, or has not come
    unsigned_headers,  // something is not signed that must be
    malformed_payload_hash,
    missing_payload_hash,
    wrong_payload_hash,  // the body is not the one that was signed
  };

  Kind kind = Kind::mismatch;
  std::string message;                                         // "": the kind's usual text
  std::vector<std::pair<const char*, std::string>> details{};  // further elements in S3's answer
};

template <typename T>
using SignatureResult = tl::expected<T, SignatureFailure>;

inline tl::unexpected<SignatureFailure> signature_failure(
    SignatureFailure::Kind kind, std::string message = "",
    std::vector<std::pair<const char*, std::string>> details = {}) {
  return tl::unexpected<SignatureFailure>({kind, std::move(message), std::move(details)});
}

// The same as an error of Amazon S3.
S3Error s3_error_of(const SignatureFailure& failure);

Response signature_error_response(Protocol protocol, const SignatureFailure& failure,
                                  const Request& request);

}  // namespace trainyard::api
