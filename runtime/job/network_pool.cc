#include "runtime/job/network_pool.h"

#include <algorithm>
#include <functional>

#include <spdlog/spdlog.h>

namespace trainyard {

namespace {

// Ranges of options have been checked; anything else is an empty pool's.
Ipv4Subnet range_of(const std::string& cidr) {
  return Ipv4Subnet::parse(cidr).value_or(Ipv4Subnet(0, job_network_prefix));
}

}  // namespace

NetworkPool::NetworkPool(ContainerEngine& engine, const std::string& cidr, Labels labels,
                         std::string name_prefix, std::function<void(const std::string&)> leave)
    : engine_(engine),
      labels_(std::move(labels)),
      name_prefix_(std::move(name_prefix)),
      leave_(std::move(leave)),
      range_(range_of(cidr)),
      count_(std::uint32_t{1} << (job_network_prefix - range_.prefix())) {
  // Daemons that share a machine begin at different places, so that they seldom meet.
  next_ = static_cast<std::uint32_t>(std::hash<std::string>{}(name_prefix_) % count_);
}

Result<NetworkLease> NetworkPool::acquire(bool isolated) {
  const std::lock_guard lock(mutex_);
  used_ = true;
  const auto waiting = std::find_if(idle_.begin(), idle_.end(), [&](const NetworkLease& lease) {
    return lease.isolated == isolated;
  });
  if (waiting != idle_.end()) {
    NetworkLease lease = *waiting;
    idle_.erase(waiting);
    leased_.insert(lease.id);
    return lease;
  }
  TRY(NetworkLease lease, create(isolated));
  leased_.insert(lease.id);
  return lease;
}

Result<NetworkLease> NetworkPool::create(bool isolated) {
  for (std::uint32_t tried = 0; tried < count_; ++tried) {
    const std::uint32_t index = next_;
    next_ = (next_ + 1) % count_;
    NetworkSpec spec;
    const Ipv4Subnet subnet(range_.first() + (index << (32 - job_network_prefix)),
                            job_network_prefix);
    spec.subnet = subnet.text();
    spec.name = fmt::format("{}-{}{}", name_prefix_, index, isolated ? "-isolated" : "");
    spec.isolated = isolated;
    spec.labels = labels_;
    const auto id = engine_.create_network(spec);
    if (id) return NetworkLease{*id, isolated, subnet};
    const ErrorKind kind = id.error().kind;
    if (kind != ErrorKind::conflict && kind != ErrorKind::already_exists) {
      return failure(id.error());
    }
  }
  return failure(ErrorKind::limit_exceeded,
                 fmt::format("none of the {} networks of the job network range is free on this "
                             "machine: remove unused networks (docker network prune) or give "
                             "another range with --network-cidr",
                             count_));
}

void NetworkPool::release(NetworkLease lease) {
  const std::lock_guard lock(mutex_);
  leased_.erase(lease.id);
  if (idle_.size() < idle_limit) {
    idle_.push_back(std::move(lease));
    return;
  }
  if (const auto removed = remove(lease.id); !removed) {
    spdlog::warn("a job network could not be removed: {}", removed.error().message);
  }
}

void NetworkPool::forget(const NetworkLease& lease) {
  const std::lock_guard lock(mutex_);
  leased_.erase(lease.id);
}

Result<void> NetworkPool::remove(const std::string& id) {
  if (leave_) leave_(id);
  return engine_.remove_network(id);
}

Result<void> NetworkPool::sweep() {
  const std::lock_guard lock(mutex_);
  Result<void> result;
  TRY(const auto networks, engine_.list_networks(labels_));
  for (const ResourceSummary& network : networks) {
    const bool idle = std::any_of(idle_.begin(), idle_.end(), [&](const NetworkLease& lease) {
      return lease.id == network.id;
    });
    if (idle || leased_.contains(network.id)) continue;
    const auto removed = remove(network.id);
    // In use by a container that runs on from before.
    if (!removed && removed.error().kind != ErrorKind::conflict) {
      keep_first_error(result, removed);
    }
  }
  return result;
}

void NetworkPool::close() {
  {
    const std::lock_guard lock(mutex_);
    if (!used_) return;
    idle_.clear();
  }
  if (const auto swept = sweep(); !swept) {
    spdlog::warn("idle job networks could not be removed: {}", swept.error().message);
  }
}

}  // namespace trainyard
