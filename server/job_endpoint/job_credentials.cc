#include "server/job_endpoint/job_credentials.h"

#include <utility>

namespace trainyard::server {

namespace {

api::Credential credential_of(const AccessKey& key) {
  api::Credential credential;
  credential.access_key_id = key.id;
  credential.secret_access_key = key.secret;
  credential.session_token = key.session_token;
  return credential;
}

}  // namespace

JobCredentials::JobCredentials(AccessKey own, std::optional<AccessKey> given,
                               const api::CredentialSource& issued)
    : own_(std::move(own)), given_(std::move(given)), issued_(issued) {
}

std::optional<api::Credential> JobCredentials::find(std::string_view access_key_id) const {
  if (access_key_id == own_.id) return credential_of(own_);
  if (given_ && access_key_id == given_->id) return credential_of(*given_);
  auto issued = issued_.find(access_key_id);
  if (issued && issued->session_token.empty()) return std::nullopt;
  return issued;
}

}  // namespace trainyard::server
