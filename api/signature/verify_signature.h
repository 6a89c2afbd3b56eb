#pragma once

// Whether a request was signed by whom it says, with a key that we know: Signature Version 4 in the
// header and in the query of a presigned URL, and for Amazon S3 also Version 2. A streamed body is
// not read here; what it must prove to be is in the answer (see signed_body.h).
//
// Pure but for the look-up of the key; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "api/signature/credentials.h"
#include "api/signature/signature_failure.h"
#include "api/signature/signed_body.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

struct SignatureRules {
  const CredentialSource& credentials;
  std::string_view region;   // that a scope must name; "": any
  std::string_view service;  // its name in a scope: "s3", "sagemaker", "monitoring"
  Time now;
};

struct VerifiedSignature {
  Credential credential;
  BodySignature body;  // for Amazon S3; of no meaning elsewhere
};

// `body` is the whole body for services other than Amazon S3, which sign it whole; ignored for S3.
// `bucket_from_host`: that of a virtual-hosted request, which a signature of Version 2 covers.
SignatureResult<VerifiedSignature> verify_signature(const Request& request,
                                                    const SignatureRules& rules,
                                                    std::string_view body,
                                                    std::string_view bucket_from_host);

// The key of that name, with the session token that it asks for.
SignatureResult<Credential> find_credential(const CredentialSource& credentials,
                                            const std::string& access_key_id,
                                            std::string_view session_token, Time now);

// Clocks may differ by so much.
inline constexpr std::chrono::minutes allowed_skew{15};

}  // namespace trainyard::api
