#pragma once

// AWS IAM, as far as SDKs and scripts about training jobs ask it: roles, and the question whether a
// role may do something, which is always answered with yes.

#include <string>

#include "api/iam/roles.h"
#include "api/service/modelled_service.h"

namespace trainyard::api {

class IamService {
 public:
  IamService(std::string account_id, const Clock& clock);

  // Query protocol. Any thread.
  Response handle(Request& request) const { return service_.handle(request, Protocol::query); }

  // Forgets every role that was created, changed or deleted.
  void clear() { roles_.clear(); }

 private:
  Roles roles_;
  ModelledService service_;
};

}  // namespace trainyard::api
