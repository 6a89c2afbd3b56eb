#pragma once

// Which keys are good at the endpoint of one job: its own; one that its request gave the container;
// and temporary ones that scripts asked for there (AssumeRole). Those are known nowhere else and
// end with the job: whoever has the rights of one job cannot turn them into those of the daemon.
//
// Any thread.

#include <optional>

#include "api/signature/credential_store.h"
#include "runtime/job/job_endpoint.h"

namespace trainyard::server {

class JobCredentials final : public api::CredentialSource {
 public:
  JobCredentials(const AccessKey& own, std::optional<AccessKey> given);

  // Of the job's own key and the temporary ones.
  api::CredentialStore& store() { return store_; }

  std::optional<api::Credential> find(std::string_view access_key_id) const override;

 private:
  api::CredentialStore store_;
  const std::optional<AccessKey> given_;
};

}  // namespace trainyard::server
