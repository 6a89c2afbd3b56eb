#include "runtime/engine/registry_login.h"

#include <cerrno>

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include "runtime/base/unique_fd.h"
#include "runtime/engine/docker/base64.h"
#include "runtime/engine/docker/json_access.h"

namespace trainyard {
namespace {

constexpr std::size_t config_limit_bytes = 1 << 20;
constexpr std::string_view docker_hub = "docker.io";
// What the docker command line calls Docker Hub in its file.
constexpr std::string_view docker_hub_server = "https://index.docker.io/v1/";

// Old files name a registry by URL, new ones by host.
std::string_view host_of(std::string_view server) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (server.starts_with(scheme)) server.remove_prefix(scheme.size());
  }
  return server.substr(0, server.find('/'));
}

bool names_registry(std::string_view key, std::string_view registry) {
  const std::string_view host = host_of(key);
  if (registry == docker_hub) return host == docker_hub || host == "index.docker.io";
  return host == registry;
}

std::string server_of(const std::string& registry) {
  return registry == docker_hub ? std::string(docker_hub_server) : registry;
}

std::optional<RegistryLogin> login_from(const nlohmann::json& entry) {
  RegistryLogin login;
  login.username = text_at(entry, "username");
  login.password = text_at(entry, "password");
  if (const std::string encoded = text_at(entry, "auth"); !encoded.empty()) {
    const std::string pair = decode_base64(encoded).value_or("");
    const std::size_t colon = pair.find(':');
    if (colon == std::string::npos) return std::nullopt;
    login.username = pair.substr(0, colon);
    login.password = pair.substr(colon + 1);
    // The docker command line pads with NUL bytes.
    while (login.password.ends_with('\0')) login.password.pop_back();
  }
  login.identity_token = text_at(entry, "identitytoken");
  if (login.username.empty() && login.identity_token.empty()) return std::nullopt;
  return login;
}

}  // namespace

std::filesystem::path docker_config_file(const EndpointSurroundings& surroundings) {
  if (const std::string folder = surroundings.environment("DOCKER_CONFIG"); !folder.empty()) {
    return std::filesystem::path(folder) / "config.json";
  }
  return std::filesystem::path(surroundings.environment("HOME")) / ".docker" / "config.json";
}

std::string registry_of(std::string_view image_reference) {
  const std::size_t slash = image_reference.find('/');
  if (slash == std::string_view::npos) return std::string(docker_hub);
  const std::string_view first = image_reference.substr(0, slash);
  if (first == "index.docker.io") return std::string(docker_hub);
  const bool is_host = first == "localhost" || first.find_first_of(".:") != std::string_view::npos;
  return std::string(is_host ? first : docker_hub);
}

Result<RegistryLoginFinding> find_registry_login_in(std::string_view image_reference,
                                                    std::string_view config) {
  const nlohmann::json json = nlohmann::json::parse(config, nullptr, false);
  if (!json.is_object()) {
    return failure(ErrorKind::data_corrupt, "the docker configuration is not a JSON object");
  }
  const std::string registry = registry_of(image_reference);
  const nlohmann::json& logins = object_at(json, "auths");
  for (const auto& [key, entry] : logins.items()) {
    if (!names_registry(key, registry)) continue;
    if (auto login = login_from(entry)) {
      login->server = server_of(registry);
      return RegistryLoginFinding{std::move(login)};
    }
  }
  for (const auto& [key, helper] : object_at(json, "credHelpers").items()) {
    if (names_registry(key, registry) && helper.is_string()) {
      return RegistryLoginFinding{std::nullopt, helper.get<std::string>(), server_of(registry)};
    }
  }
  // A store for everything keeps an empty entry for each registry that it has a login for.
  const std::string store = text_at(json, "credsStore");
  for (const auto& [key, entry] : logins.items()) {
    if (!store.empty() && names_registry(key, registry)) {
      return RegistryLoginFinding{std::nullopt, store, key};
    }
  }
  return RegistryLoginFinding{};
}

Result<RegistryLoginFinding> find_registry_login(std::string_view image_reference,
                                                 const std::filesystem::path& config_file) {
  const UniqueFd file(::open(config_file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return RegistryLoginFinding{};
    return failure(system_error(errno, fmt::format("opening {}", config_file.string())));
  }
  FdSource source(file.get());
  auto finding = read_all(source, config_limit_bytes).and_then([&](const std::string& text) {
    return find_registry_login_in(image_reference, text);
  });
  if (!finding) {
    finding.error().message = fmt::format("{}: {}", config_file.string(), finding.error().message);
  }
  return finding;
}

}  // namespace trainyard
