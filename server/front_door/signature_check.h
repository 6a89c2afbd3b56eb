#pragma once

// Only who has a key may enter: every request must be signed with one, the daemon's own routes must
// carry a token. What a request for Amazon S3 carries is checked while it is read.
//
// Immutable; any thread. Credentials and clock outlive it.

#include <functional>
#include <string>

#include "api/signature/credentials.h"
#include "api/wire/http_message.h"
#include "runtime/base/clock.h"
#include "server/front_door/destination.h"

namespace trainyard::server {

class SignatureCheck {
 public:
  struct Rules {
    const api::CredentialSource& credentials;
    const Clock& clock;
    std::string region;         // that signatures must name; "": any
    std::string control_token;  // "": the daemon's own routes are closed
  };

  explicit SignatureCheck(Rules rules) : rules_(std::move(rules)) {}

  using Serve = std::function<api::Response(api::Request&)>;
  // What `serve` answers, or why the request is refused.
  api::Response admit(api::Request& request, const Destination& destination,
                      const Serve& serve) const;

 private:
  bool may_control(const api::Request& request) const;

  Rules rules_;
};

}  // namespace trainyard::server
