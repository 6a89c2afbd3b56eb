// FakeEngine: volumes and networks.

#include "tests/support/fake_container.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_engine_verb.h"

namespace trainyard::testing {

Result<std::string> FakeEngine::create_volume(const std::string& name, const Labels& labels) {
  return verb("create_volume", [&]() -> Result<std::string> {
    auto& volume = volumes_[name];
    if (!volume) volume = std::make_shared<FakeVolume>(FakeVolume{name, labels, false, {}});
    return fmt::format("/fake/volumes/{}/_data", name);
  });
}

Result<void> FakeEngine::remove_volume(const std::string& name) {
  return verb("remove_volume", [&]() -> Result<void> {
    for (const auto& [id, container] : containers_) {
      for (const auto& [target, volume] : container->mounts) {
        if (volume->name == name) {
          return failure(ErrorKind::conflict, fmt::format("volume {} is in use", name));
        }
      }
    }
    volumes_.erase(name);
    return {};
  });
}

Result<std::vector<ResourceSummary>> FakeEngine::list_volumes(const Labels& labels) {
  return verb("list_volumes", [&]() -> Result<std::vector<ResourceSummary>> {
    std::vector<ResourceSummary> found;
    for (const auto& [name, volume] : volumes_) {
      if (carries(volume->labels, labels)) found.push_back({name, name, volume->labels});
    }
    return found;
  });
}

Result<std::string> FakeEngine::create_network(const NetworkSpec& spec) {
  return verb("create_network", [&]() -> Result<std::string> {
    for (const auto& [id, network] : networks_) {
      if (network.spec.name == spec.name) {
        return failure(ErrorKind::already_exists,
                       fmt::format("network with name {} already exists", spec.name));
      }
      if (subnets_overlap(network.spec.subnet, spec.subnet)) {
        return failure(ErrorKind::conflict, "Pool overlaps with other one on this address space");
      }
    }
    const std::string id = new_id();
    networks_.emplace(id, Network{id, spec});
    return id;
  });
}

Result<void> FakeEngine::remove_network(const std::string& id) {
  return verb("remove_network", [&]() -> Result<void> {
    const Network* network = find_network(id);
    if (network == nullptr) return {};
    if (network_in_use(*network)) {
      return failure(ErrorKind::conflict, fmt::format("network {} has active endpoints", id));
    }
    networks_.erase(network->id);
    return {};
  });
}

Result<std::vector<ResourceSummary>> FakeEngine::list_networks(const Labels& labels) {
  return verb("list_networks", [&]() -> Result<std::vector<ResourceSummary>> {
    std::vector<ResourceSummary> found;
    for (const auto& [id, network] : networks_) {
      if (carries(network.spec.labels, labels)) {
        found.push_back({id, network.spec.name, network.spec.labels});
      }
    }
    return found;
  });
}

Result<void> FakeEngine::connect_network(const std::string& network, const std::string& container,
                                         const std::string& address) {
  return verb("connect_network", [&]() -> Result<void> {
    Network* found = find_network(network);
    if (found == nullptr) return no_such("network", network);
    TRY(const ContainerPointer joining, find(container));
    found->joined.emplace(joining->state.id, address);
    return {};
  });
}

Result<void> FakeEngine::disconnect_network(const std::string& network,
                                            const std::string& container) {
  return verb("disconnect_network", [&]() -> Result<void> {
    Network* found = find_network(network);
    if (const auto leaving = find(container); found != nullptr && leaving) {
      found->joined.erase((*leaving)->state.id);
    }
    return {};
  });
}

}  // namespace trainyard::testing
