#pragma once

// What every request passes first: the gate, then the question which service it is meant for, then
// that service's own handler. What nobody serves is answered here, in the caller's own protocol and
// never with a page of HTML.
//
// Immutable once made; `answer` may be called from any thread.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/wire/http_message.h"
#include "server/front_door/destination.h"
#include "server/front_door/dispatch.h"
#include "server/front_door/gate.h"

namespace trainyard::server {

// Serves the requests of one service. May block; an exception becomes an internal error.
using ServiceHandler = std::function<api::Response(api::Request&, const Destination&)>;

class FrontDoor {
 public:
  // A service without a handler is answered 501.
  FrontDoor(const GateRules& rules, std::map<Service, ServiceHandler> services);

  // The Handler of an HttpServer.
  api::Response answer(api::Request& request) const;

 private:
  api::Response route(api::Request& request, Destination& destination) const;
  api::Response serve(api::Request& request, const Destination& destination) const;

  Gate gate_;
  Dispatcher dispatcher_;
  std::map<Service, ServiceHandler> services_;
};

}  // namespace trainyard::server
