#include "api/signature/form_signature.h"

#include <algorithm>

#include "api/signature/hmac.h"
#include "api/signature/scope.h"
#include "api/signature/signature_v2.h"
#include "api/signature/verify_signature.h"

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;

using Fields = std::vector<FormField>;

// "" when there is none.
std::string value_of(const Fields& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const FormField& field) { return field.name == name; });
  return found == fields.end() ? "" : found->value;
}

SignatureResult<std::string> required(const Fields& fields, std::string_view name) {
  std::string value = value_of(fields, name);
  if (value.empty()) return signature_failure(Kind::missing);
  return value;
}

SignatureResult<Credential> verify_v4(const Fields& fields, const CredentialSource& credentials,
                                      std::string_view region, Time now) {
  TRY(const std::string policy, required(fields, "policy"));
  TRY(const std::string credential_text, required(fields, "x-amz-credential"));
  TRY(const std::string signature, required(fields, "x-amz-signature"));
  const auto key = parse_scoped_key(credential_text);
  const std::string date = value_of(fields, "x-amz-date");
  if (!key || key->scope.service != "s3" || key->scope.region != region ||
      date.substr(0, 8) != key->scope.date || value_of(fields, "x-amz-algorithm") != v4_algorithm) {
    return signature_failure(Kind::malformed_query,
                             "The form's x-amz-algorithm, x-amz-credential and x-amz-date do not "
                             "fit together or name another region.");
  }
  TRY(Credential credential, find_credential(credentials, key->access_key_id,
                                             value_of(fields, "x-amz-security-token"), now));
  const std::string signing = signing_key(credential.secret_access_key, key->scope);
  if (equal_in_constant_time(sign_v4(signing, policy), signature)) return credential;
  return signature_failure(Kind::mismatch, "",
                           {{"AWSAccessKeyId", key->access_key_id},
                            {"StringToSign", policy},
                            {"SignatureProvided", signature}});
}

SignatureResult<Credential> verify_v2(const Fields& fields, const CredentialSource& credentials,
                                      Time now) {
  TRY(const std::string policy, required(fields, "policy"));
  TRY(const std::string key_id, required(fields, "awsaccesskeyid"));
  TRY(const std::string signature, required(fields, "signature"));
  TRY(Credential credential,
      find_credential(credentials, key_id, value_of(fields, "x-amz-security-token"), now));
  if (equal_in_constant_time(sign_v2(credential.secret_access_key, policy), signature)) {
    return credential;
  }
  return signature_failure(
      Kind::mismatch, "",
      {{"AWSAccessKeyId", key_id}, {"StringToSign", policy}, {"SignatureProvided", signature}});
}

}  // namespace

SignatureResult<Credential> verify_form_signature(const std::vector<FormField>& fields,
                                                  const CredentialSource& credentials,
                                                  std::string_view region, Time now) {
  if (!value_of(fields, "x-amz-signature").empty()) {
    return verify_v4(fields, credentials, region, now);
  }
  return verify_v2(fields, credentials, now);
}

}  // namespace trainyard::api
