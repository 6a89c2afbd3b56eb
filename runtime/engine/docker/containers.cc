#include "runtime/engine/docker/container_codec.h"
#include "runtime/engine/docker/docker_engine.h"
#include "runtime/engine/docker/engine_error.h"
#include "runtime/engine/docker/json_access.h"
#include "runtime/engine/docker/requests.h"

namespace trainyard {
namespace {

std::string container_path(const std::string& id, std::string_view rest) {
  return fmt::format("/containers/{}{}", encode_path(id), rest);
}

}  // namespace

Result<std::string> DockerEngine::create_container(const ContainerSpec& spec) {
  const std::string what = fmt::format("creating the container {}", spec.name);
  std::string target = "/containers/create";
  if (!spec.name.empty()) target += "?name=" + encode_query(spec.name);
  TRY(const nlohmann::json json,
      json_reply(client_.call(post_request(target, encode_container(spec))), what));
  return text_at(json, "Id");
}

Result<void> DockerEngine::start_container(const std::string& id) {
  auto reply = client_.call(post_request(container_path(id, "/start")));
  auto result = plain_reply(reply, "starting the container");
  // Sent with 400, 404 or 500, depending on the Engine's version.
  if (!result && reply && is_command_error(result.error().message)) {
    result.error().kind = ErrorKind::invalid_argument;
  }
  return result;
}

Result<ContainerState> DockerEngine::inspect_container(const std::string& id) {
  TRY(const nlohmann::json json, json_reply(client_.call(get_request(container_path(id, "/json"))),
                                            fmt::format("inspecting the container {}", id)));
  return decode_container(json);
}

Result<void> DockerEngine::signal_container(const std::string& id, const std::string& signal) {
  const std::string what = fmt::format("sending {} to the container {}", signal, id);
  const auto reply = client_.call(
      post_request(container_path(id, fmt::format("/kill?signal={}", encode_query(signal)))));
  auto result = plain_reply(reply, what);
  // It has ended already; older Engines say so with 500.
  if (!result && reply && reply->body.find("is not running") != std::string::npos) return {};
  return result;
}

Result<void> DockerEngine::remove_container(const std::string& id) {
  const std::string what = fmt::format("removing the container {}", id);
  const auto reply = client_.call(delete_request(container_path(id, "?force=1&v=1")));
  if (reply && reply->status == 409 &&
      reply->body.find("already in progress") != std::string::npos) {
    return wait_until_removed(id);
  }
  return plain_reply(reply, what, true);
}

Result<void> DockerEngine::wait_until_removed(const std::string& id) {
  return plain_reply(client_.call(post_request(container_path(id, "/wait?condition=removed"))),
                     fmt::format("waiting for the removal of the container {}", id), true);
}

Result<std::vector<ContainerState>> DockerEngine::list_containers(const Labels& labels) {
  TRY(const nlohmann::json list,
      json_reply(client_.call(get_request("/containers/json?all=1&" + label_filter(labels))),
                 "listing containers"));
  std::vector<ContainerState> states;
  for (const nlohmann::json& entry : list) {
    // The listing says neither how a container ended nor when.
    auto state = inspect_container(text_at(entry, "Id"));
    if (state) {
      states.push_back(std::move(*state));
    } else if (state.error().kind != ErrorKind::not_found) {
      return failure(std::move(state.error()));
    }
  }
  return states;
}

}  // namespace trainyard
