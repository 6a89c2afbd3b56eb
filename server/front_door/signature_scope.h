#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/wire/http_message.h"

namespace trainyard::server {

// The service for which a request says it was signed: "sagemaker" of the credential
// AKID/20240131/us-east-1/sagemaker/aws4_request, from the Authorization field or from the query of
// a presigned URL. SigV4a has no region in its scope. Says nothing about whether the signature is
// right. Nothing when the request has none of these.
std::optional<std::string> signature_scope(const api::Request& request);

// A signature of the second version, which only S3 still takes; it has no scope.
bool has_signature_v2(const api::Request& request);

// The value of a parameter in a query or a form, decoded; the first of that name.
std::optional<std::string> form_value(std::string_view form, std::string_view name);

}  // namespace trainyard::server
