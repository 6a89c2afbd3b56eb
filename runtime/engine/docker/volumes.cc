#include "runtime/engine/docker/docker_engine.h"
#include "runtime/engine/docker/json_access.h"
#include "runtime/engine/docker/requests.h"

namespace trainyard {

Result<std::string> DockerEngine::create_volume(const std::string& name, const Labels& labels) {
  const nlohmann::json body = {
      {"Name", name}, {"Driver", "local"}, {"Labels", nlohmann::json(labels)}};
  TRY(const nlohmann::json json, json_reply(client_.call(post_request("/volumes/create", body)),
                                            fmt::format("creating the volume {}", name)));
  return text_at(json, "Mountpoint");
}

Result<void> DockerEngine::remove_volume(const std::string& name) {
  return plain_reply(client_.call(delete_request("/volumes/" + encode_path(name))),
                     fmt::format("removing the volume {}", name), true);
}

Result<std::vector<ResourceSummary>> DockerEngine::list_volumes(const Labels& labels) {
  TRY(const nlohmann::json json,
      json_reply(client_.call(get_request("/volumes?" + label_filter(labels))), "listing volumes"));
  return summaries(array_at(json, "Volumes"), "Name");
}

}  // namespace trainyard
