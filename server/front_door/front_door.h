#pragma once

// What every request passes first: the gate, then the question which service it is meant for, then
// the check of its signature where that is asked for, then that service's own handler. What nobody
// serves is answered here, in the caller's own protocol and never with a page of HTML.
//
// Immutable once made; `answer` may be called from any thread.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/wire/http_message.h"
#include "server/front_door/destination.h"
#include "server/front_door/dispatch.h"
#include "server/front_door/gate.h"
#include "server/front_door/signature_check.h"

namespace trainyard::server {

// Serves the requests of one service. May block; an exception becomes an internal error.
using ServiceHandler = std::function<api::Response(api::Request&, const Destination&)>;

// Whether a request to S3 may come from a page of the foreign Origin that it names.
using AdmitsPage = std::function<bool(api::Request&, const Destination&)>;

class FrontDoor {
 public:
  // A service without a handler is answered 501. Without a check nobody needs a key.
  FrontDoor(const GateRules& rules, std::map<Service, ServiceHandler> services,
            AdmitsPage s3_admits_page = {},
            std::optional<SignatureCheck> signatures = std::nullopt);

  // The Handler of an HttpServer.
  api::Response answer(api::Request& request) const;

 private:
  void finish(const api::Request& request, const Destination& destination,
              api::Response& response) const;
  api::Response route(api::Request& request, Destination& destination) const;
  api::Response admit(api::Request& request, const Destination& destination) const;
  api::Response serve(api::Request& request, const Destination& destination) const;

  Gate gate_;
  Dispatcher dispatcher_;
  std::map<Service, ServiceHandler> services_;
  AdmitsPage s3_admits_page_;
  std::optional<SignatureCheck> signatures_;
};

}  // namespace trainyard::server
