#pragma once

// The door through which a job's container reaches the daemon's own services: an address of the
// job's network. What answers there, and in which protocol, is for whoever implements it; the
// runtime opens it before the container is made and closes it when the job is over.
//
// All members may be called from any thread, for different jobs at once.

#include <optional>
#include <string>

#include "runtime/base/ipv4_subnet.h"
#include "runtime/base/result.h"

namespace trainyard {

struct AccessKey {
  std::string id;
  std::string secret;
  std::string session_token{};  // "" unless every request has to carry it

  friend bool operator==(const AccessKey&, const AccessKey&) = default;
};

class JobEndpoint {
 public:
  struct Caller {
    // No other job of the data directory has it, nor ever had.
    std::string id;
    std::string network;  // id of the job's network
    Ipv4Subnet subnet;    // of that network
    // Where the container was told to look by an earlier daemon, "10.213.4.1:4748"; "": nothing
    // was told it yet.
    std::string address;
    // A key that the request itself gives the container; taken beside the job's own.
    std::optional<AccessKey> given_key;
  };
  struct Access {
    std::string address;  // "10.213.4.1:4748"
    AccessKey key;        // made for this job alone; the same after a restart
  };

  virtual ~JobEndpoint() = default;

  // Answers the job from now on. Success again when it already does. Errors: unsupported where no
  // address of the network can be had (the message says why), already_exists when the wanted
  // address is in use, unavailable when the Engine is away.
  virtual Result<Access> open(const Caller& caller) = 0;

  // Answers it no more. Any id.
  virtual void close(const std::string& id) = 0;

  // The network is about to be removed: nothing of ours may be in it.
  virtual void leave(const std::string& network) = 0;
};

}  // namespace trainyard
