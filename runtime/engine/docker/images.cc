#include <vector>

#include "runtime/engine/docker/base64.h"
#include "runtime/engine/docker/docker_engine.h"
#include "runtime/engine/docker/engine_error.h"
#include "runtime/engine/docker/json_access.h"
#include "runtime/engine/docker/json_line_decoder.h"
#include "runtime/engine/docker/pull_progress.h"
#include "runtime/engine/docker/requests.h"

namespace trainyard {
namespace {

constexpr std::chrono::milliseconds progress_interval{300};

// "" when the image came from no registry.
std::string first_digest(const nlohmann::json& image) {
  for (const nlohmann::json& entry : array_at(image, "RepoDigests")) {
    if (!entry.is_string()) continue;
    const std::string name = entry.get<std::string>();
    if (const std::size_t at = name.find('@'); at != std::string::npos) return name.substr(at + 1);
  }
  return {};
}

// Without a tag the Engine would pull every tag there is.
std::string pull_target(const std::string& reference) {
  const std::size_t slash = reference.rfind('/');
  const std::string_view name =
      std::string_view(reference).substr(slash == std::string::npos ? 0 : slash + 1);
  const bool complete = name.find_first_of(":@") != std::string_view::npos;
  return "/images/create?fromImage=" + encode_query(complete ? reference : reference + ":latest");
}

std::string encode_login(const RegistryLogin& login) {
  nlohmann::json json = {{"serveraddress", login.server}};
  if (login.identity_token.empty()) {
    json["username"] = login.username;
    json["password"] = login.password;
  } else {
    json["identitytoken"] = login.identity_token;
  }
  return encode_base64_url(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

Result<ImageInfo> DockerEngine::inspect_image(const std::string& reference) {
  TRY(const nlohmann::json json,
      json_reply(client_.call(get_request(fmt::format("/images/{}/json", encode_path(reference)))),
                 fmt::format("inspecting the image {}", reference)));
  const nlohmann::json& config = object_at(json, "Config");
  ImageInfo info;
  info.id = text_at(json, "Id");
  info.digest = first_digest(json);
  info.user = text_at(config, "User");
  info.architecture = text_at(json, "Architecture");
  info.has_entrypoint = !array_at(config, "Entrypoint").empty();
  return info;
}

Result<std::vector<std::string>> DockerEngine::list_images() {
  TRY(const nlohmann::json json,
      json_reply(client_.call(get_request("/images/json")), "listing images"));
  std::vector<std::string> ids;
  for (const nlohmann::json& image : json) ids.push_back(text_at(image, "Id"));
  return ids;
}

Result<void> DockerEngine::pull_image(const std::string& reference,
                                      const std::optional<RegistryLogin>& login,
                                      const std::function<void(const std::string&)>& progress,
                                      std::stop_token stop) {
  HttpRequest request = post_request(pull_target(reference));
  if (login) request.headers.emplace_back("X-Registry-Auth", encode_login(*login));
  TRY(const auto stream, client_.stream(request, nullptr, transfer_idle_limit, stop));
  if (!stream->ok()) {
    return failure(
        pull_error(reference, engine_message(stream->read_text(error_body_limit_bytes))));
  }
  JsonLineDecoder decoder;
  PullProgress layers;
  std::string told;
  auto next = std::chrono::steady_clock::now();
  const auto take = [&](const nlohmann::json& line) -> Result<void> {
    if (const auto error = layers.take(line)) return failure(pull_error(reference, *error));
    const auto now = std::chrono::steady_clock::now();
    std::string summary = layers.summary();
    if (progress && now >= next && summary != told) {
      progress(summary);
      told = std::move(summary);
      next = now + progress_interval;
    }
    return {};
  };
  std::vector<std::byte> buffer(16 * 1024);
  for (;;) {
    TRY(const std::size_t count, stream->read(buffer));
    if (count == 0) return decoder.finish(take);
    TRY_VOID(decoder.feed(std::span(buffer).first(count), take));
  }
}

}  // namespace trainyard
