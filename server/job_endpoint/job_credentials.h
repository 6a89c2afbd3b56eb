#pragma once

// Which keys are good at the endpoint of one job: its own; one that its request gave the container;
// and temporary keys that the daemon issued (AssumeRole), as scripts ask for them there. Not the
// daemon's permanent key.
//
// Immutable; any thread. What issues keys outlives it.

#include <optional>

#include "api/signature/credentials.h"
#include "runtime/job/job_endpoint.h"

namespace trainyard::server {

class JobCredentials final : public api::CredentialSource {
 public:
  JobCredentials(AccessKey own, std::optional<AccessKey> given,
                 const api::CredentialSource& issued);

  std::optional<api::Credential> find(std::string_view access_key_id) const override;

 private:
  const AccessKey own_;
  const std::optional<AccessKey> given_;
  const api::CredentialSource& issued_;
};

}  // namespace trainyard::server
