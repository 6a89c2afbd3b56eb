#pragma once

// The signature of an upload by an HTML form, which stands in the form's own fields and covers the
// policy ("Authenticating requests in browser-based uploads using POST" in the Amazon S3 API
// reference). What the policy demands is for api/s3/post_policy.h.

#include <string_view>
#include <vector>

#include "api/s3/s3_call.h"
#include "api/signature/credentials.h"
#include "api/signature/signature_failure.h"

namespace trainyard::api {

// Version 4 (x-amz-signature, …) or Version 2 (AWSAccessKeyId, signature). A form without policy or
// without signature is Kind::missing.
SignatureResult<Credential> verify_form_signature(const std::vector<FormField>& fields,
                                                  const CredentialSource& credentials,
                                                  std::string_view region, Time now);

}  // namespace trainyard::api
