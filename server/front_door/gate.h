#pragma once

// Who may come in. Any web page that the user looks at can send requests to this port, and a name
// of a stranger's can be made to point at it; what comes that way is turned away before anything
// looks at it further, on every route.
//
//   Host            must be localhost, a name below it, a loopback address, or a configured name.
//   Origin          must be absent, the one this very request was sent to, or a configured one;
//                   or the service that is meant has rules of its own and admits it (the CORS rules
//                   of an S3 bucket).
//   Sec-Fetch-Site  must be absent, same-origin or none, unless the Origin is admitted.
//   its address     must be where the rules allow: the door of a job is for its containers alone.
//
// Immutable; any thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/wire/http_message.h"
#include "runtime/base/ipv4_subnet.h"
#include "server/front_door/authority.h"

namespace trainyard::server {

struct GateRules {
  std::vector<std::string> hosts;  // "trainyard.example", or "*.trainyard.example" for names below
  std::vector<std::string> origins;  // "https://console.example:8443", or "null"
  // Only containers of this network may come in; its first address is the host's.
  std::optional<Ipv4Subnet> only_from{};
  // Containers of the job networks in this range may not: they have a door of their own.
  std::optional<Ipv4Subnet> not_from{};
};

class Gate {
 public:
  explicit Gate(const GateRules& rules);

  // Why the request may not enter, in words for its sender; nothing when it may. `admits_page` is
  // asked about an Origin that is foreign and not configured.
  std::optional<std::string> refusal(const api::Request& request,
                                     const std::function<bool()>& admits_page) const;

  // The request's Origin when it is a configured one: an answer must then allow it to be read.
  std::optional<std::string_view> configured_origin(const api::Request& request) const;

 private:
  std::optional<std::string> refusal_of_client(const std::string& address) const;
  bool admits_host(const Authority& host) const;
  bool configured(std::string_view origin) const;

  std::vector<std::string> hosts_;
  std::vector<std::string> parent_hosts_;  // ".trainyard.example": names that end so
  std::vector<Origin> origins_;
  bool null_origin_ = false;
  std::optional<Ipv4Subnet> only_from_;
  std::optional<Ipv4Subnet> not_from_;
};

}  // namespace trainyard::server
