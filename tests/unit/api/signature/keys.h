#pragma once

// The keys of Amazon's published examples, and a source that knows only them.

#include "api/signature/credentials.h"
#include "api/signature/scope.h"

namespace trainyard::testing {

class ExampleKeys final : public api::CredentialSource {
 public:
  explicit ExampleKeys(api::Credential credential) : credential_(std::move(credential)) {}
  // Of the Amazon S3 API reference.
  ExampleKeys() : ExampleKeys(permanent("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")) {}

  static api::Credential permanent(std::string secret, std::string id = "AKIAIOSFODNN7EXAMPLE") {
    return {.access_key_id = std::move(id),
            .secret_access_key = std::move(secret),
            .session_token = {},
            .principal = {}};
  }

  std::optional<api::Credential> find(std::string_view id) const override {
    if (id != credential_.access_key_id) return std::nullopt;
    return credential_;
  }

 private:
  api::Credential credential_;
};

inline Time signature_time(std::string_view text) {
  return api::parse_signature_time(text).value();
}

}  // namespace trainyard::testing
