#pragma once

// The ContainerEngine over a Docker Engine's API. What it says to the Engine about each noun is in
// a file of its own: containers.cc, images.cc, logs.cc, archives.cc, volumes.cc, networks.cc,
// events.cc.

#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/container_engine.h"
#include "runtime/engine/docker/docker_client.h"

namespace trainyard {

class DockerEngine final : public ContainerEngine {
 public:
  explicit DockerEngine(EngineEndpoint endpoint, DockerClientLimits limits = {},
                        std::stop_token abandon = {});

  Result<EngineInfo> info() override;
  Result<ImageInfo> inspect_image(const std::string& reference) override;
  Result<std::vector<std::string>> list_images() override;
  Result<void> pull_image(const std::string& reference, const std::optional<RegistryLogin>& login,
                          const std::function<void(const std::string&)>& progress,
                          std::stop_token stop) override;
  Result<std::string> create_container(const ContainerSpec& spec) override;
  Result<void> start_container(const std::string& id) override;
  Result<ContainerState> inspect_container(const std::string& id) override;
  Result<void> signal_container(const std::string& id, const std::string& signal) override;
  Result<void> remove_container(const std::string& id) override;
  Result<std::vector<ContainerState>> list_containers(const Labels& labels) override;
  Result<void> read_logs(const std::string& id, Time since, bool follow,
                         const std::function<Result<void>(const LogFrame&)>& on_frame,
                         std::stop_token stop) override;
  Result<void> put_archive(const std::string& id, const std::string& path, const BodyProducer& tar,
                           std::stop_token stop) override;
  Result<std::unique_ptr<ByteSource>> get_archive(const std::string& id, const std::string& path,
                                                  std::stop_token stop) override;
  Result<std::string> create_volume(const std::string& name, const Labels& labels) override;
  Result<void> remove_volume(const std::string& name) override;
  Result<std::vector<ResourceSummary>> list_volumes(const Labels& labels) override;
  Result<std::string> create_network(const NetworkSpec& spec) override;
  Result<void> remove_network(const std::string& id) override;
  Result<std::vector<ResourceSummary>> list_networks(const Labels& labels) override;
  Result<void> connect_network(const std::string& network, const std::string& container,
                               const std::string& address) override;
  Result<void> disconnect_network(const std::string& network,
                                  const std::string& container) override;
  Result<void> watch_containers(const Labels& labels,
                                const std::function<void(const ContainerEvent&)>& on_event,
                                std::stop_token stop) override;

 private:
  Result<void> wait_until_removed(const std::string& id);

  DockerClient client_;
};

// An Engine is silent for this long in the middle of an archive or a pull only when it hangs.
inline constexpr std::chrono::milliseconds transfer_idle_limit{600'000};

}  // namespace trainyard
