#pragma once

// Signature Version 2 ("Signing and authenticating REST requests" in the Amazon S3 user guide),
// which boto3 still uses for presigned URLs in some regions and old clients everywhere.

#include <string>
#include <string_view>

#include "api/signature/signature_claim.h"
#include "api/signature/verify_signature.h"

namespace trainyard::api {

// `kind` is v2_header or v2_query.
SignatureResult<Credential> verify_signature_v2(const Request& request, SignatureKind kind,
                                                const SignatureRules& rules,
                                                std::string_view bucket_from_host);

// What is signed; `date` is that of the Date field, or when a presigned URL expires.
std::string string_to_sign_v2(const Request& request, std::string_view date,
                              std::string_view bucket_from_host);

// In base64.
std::string sign_v2(std::string_view secret_access_key, std::string_view text);

}  // namespace trainyard::api
