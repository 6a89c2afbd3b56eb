#pragma once

// Networks for running jobs. Making one costs as much as running a container, and the Engine's own
// address pools run out at about thirty; so networks are cut from a range of our own, one running
// job each, and up to three idle ones wait for the next job.
//
// All members may be called from any thread; they wait for the Engine.

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/ipv4_subnet.h"
#include "runtime/base/result.h"
#include "runtime/engine/container_engine.h"

namespace trainyard {

// Every job network is of this size.
inline constexpr unsigned job_network_prefix = 24;

struct NetworkLease {
  std::string id;
  bool isolated = false;
  Ipv4Subnet subnet;
};

class NetworkPool {
 public:
  static constexpr std::size_t idle_limit = 3;

  // `cidr` is an IPv4 range with a prefix of 8 to 24; networks are /24s of it. `labels` mark every
  // network, `name_prefix` begins its name. `leave` is called with the id of each network that is
  // about to be removed.
  NetworkPool(ContainerEngine& engine, const std::string& cidr, Labels labels,
              std::string name_prefix, std::function<void(const std::string&)> leave = {});

  // limit_exceeded when no part of the range is free on this machine.
  Result<NetworkLease> acquire(bool isolated);
  void release(NetworkLease lease);
  // The network is not there any more, or not to be used again: a sweep removes what is left of it.
  void forget(const NetworkLease& lease);

  // Removes every network with our labels that is neither leased nor idle nor in use by a
  // container: what an earlier daemon left.
  Result<void> sweep();
  // Removes idle networks, and what a request of a killed daemon's has made since its sweep.
  void close();

 private:
  Result<NetworkLease> create(bool isolated);
  Result<void> remove(const std::string& id);

  ContainerEngine& engine_;
  const Labels labels_;
  const std::string name_prefix_;
  const std::function<void(const std::string&)> leave_;
  const Ipv4Subnet range_;
  const std::uint32_t count_;  // /24s in the range

  std::mutex
      mutex_;  // held while the Engine works, so that sweeping never meets a half-made network
  bool used_ = false;
  std::uint32_t next_ = 0;
  std::vector<NetworkLease> idle_;
  std::set<std::string> leased_;
};

}  // namespace trainyard
