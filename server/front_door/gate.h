#pragma once

// Who may come in. Any web page that the user looks at can send requests to this port, and a name
// of a stranger's can be made to point at it; what comes that way is turned away before anything
// looks at it further, on every route.
//
//   Host            must be localhost, a name below it, a loopback address, or a configured name.
//   Origin          must be absent, the one this very request was sent to, or a configured one.
//   Sec-Fetch-Site  must be absent, same-origin or none, unless the Origin is admitted.
//
// Immutable; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/wire/http_message.h"
#include "server/front_door/authority.h"

namespace trainyard::server {

struct GateRules {
  std::vector<std::string> hosts;  // "trainyard.example", or "*.trainyard.example" for names below
  std::vector<std::string> origins;  // "https://console.example:8443", or "null"
};

class Gate {
 public:
  explicit Gate(const GateRules& rules);

  // Why the request may not enter, in words for its sender; nothing when it may.
  std::optional<std::string> refusal(const api::Request& request) const;

  // The request's Origin when it is a configured one: an answer must then allow it to be read.
  std::optional<std::string_view> configured_origin(const api::Request& request) const;

 private:
  bool admits_host(const Authority& host) const;
  bool configured(std::string_view origin) const;

  std::vector<std::string> hosts_;
  std::vector<std::string> parent_hosts_;  // ".trainyard.example": names that end so
  std::vector<Origin> origins_;
  bool null_origin_ = false;
};

}  // namespace trainyard::server
