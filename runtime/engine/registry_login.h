#pragma once

// Finds the login for an image's registry where the docker command line keeps it.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/engine/container_engine.h"
#include "runtime/engine/endpoint.h"

namespace trainyard {

struct RegistryLoginFinding {
  std::optional<RegistryLogin> login;
  // Not empty: the login is kept by this credential helper ("ecr-login"), under this name.
  std::string credential_helper{};
  std::string helper_server{};
};

// $DOCKER_CONFIG/config.json, else ~/.docker/config.json.
std::filesystem::path docker_config_file(const EndpointSurroundings& surroundings);

// "docker.io" for a reference that names no registry.
std::string registry_of(std::string_view image_reference);

// A file that does not exist holds no login; one that is no JSON is data_corrupt.
Result<RegistryLoginFinding> find_registry_login(std::string_view image_reference,
                                                 const std::filesystem::path& config_file);

// The same over the file's text.
Result<RegistryLoginFinding> find_registry_login_in(std::string_view image_reference,
                                                    std::string_view config);

}  // namespace trainyard
