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

JobCredentials::JobCredentials(const AccessKey& own, std::optional<AccessKey> given)
    : store_(credential_of(own)), given_(std::move(given)) {
}

std::optional<api::Credential> JobCredentials::find(std::string_view access_key_id) const {
  if (auto known = store_.find(access_key_id)) return known;
  if (given_ && access_key_id == given_->id) return credential_of(*given_);
  return std::nullopt;
}

}  // namespace trainyard::server
