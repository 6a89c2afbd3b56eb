#include "runtime/engine/docker_engine.h"

#include "runtime/engine/docker/docker_engine.h"
#include "runtime/engine/docker/json_access.h"
#include "runtime/engine/docker/requests.h"

namespace trainyard {

DockerEngine::DockerEngine(EngineEndpoint endpoint, DockerClientLimits limits,
                           std::stop_token abandon)
    : client_(std::move(endpoint), limits, std::move(abandon)) {
}

std::unique_ptr<ContainerEngine> make_docker_engine(const EngineEndpoint& endpoint,
                                                    std::stop_token abandon) {
  return std::make_unique<DockerEngine>(endpoint, DockerClientLimits{}, std::move(abandon));
}

Result<EngineInfo> DockerEngine::info() {
  TRY(const ApiVersion version, client_.api_version());
  TRY(const nlohmann::json json,
      json_reply(client_.call(get_request("/info")), "asking about the Docker Engine"));
  EngineInfo info;
  info.version = text_at(json, "ServerVersion");
  info.api_version = version.text();
  info.storage_driver = text_at(json, "Driver");
  info.root_directory = text_at(json, "DockerRootDir");
  info.endpoint = client_.endpoint().text();
  return info;
}

}  // namespace trainyard
