#include "runtime/engine/endpoint.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <vector>

#include <unistd.h>

namespace trainyard {
namespace {

constexpr std::string_view usual_socket = "/var/run/docker.sock";
constexpr std::uint16_t usual_port = 2375;

Result<EngineEndpoint> parse_tcp(std::string_view text, std::string_view rest) {
  const auto wrong = [&] {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("the Engine's address {} is not of the form tcp://HOST:PORT", text));
  };
  while (rest.ends_with('/')) rest.remove_suffix(1);
  EngineEndpoint endpoint;
  endpoint.kind = EngineEndpoint::Kind::tcp;
  endpoint.port = usual_port;
  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return wrong();
    endpoint.host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return wrong();
    port = rest.empty() ? rest : rest.substr(1);
  } else {
    const std::size_t colon = rest.find(':');
    endpoint.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon + 1);
  }
  if (endpoint.host.empty() || endpoint.host.find('/') != std::string::npos) return wrong();
  if (!port.empty()) {
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc{} || end != port.data() + port.size() || endpoint.port == 0) {
      return wrong();
    }
  }
  return endpoint;
}

std::vector<std::string> usual_sockets(const EndpointSurroundings& surroundings) {
  const std::string runtime = surroundings.environment("XDG_RUNTIME_DIR");
  const std::string home = surroundings.environment("HOME");
  std::vector<std::string> paths{std::string(usual_socket)};
  if (!runtime.empty()) paths.push_back(runtime + "/docker.sock");
  if (!home.empty()) {
    paths.push_back(home + "/.docker/run/docker.sock");
    paths.push_back(home + "/.docker/desktop/docker.sock");
  }
  if (!runtime.empty()) paths.push_back(runtime + "/podman/podman.sock");
  paths.emplace_back("/run/podman/podman.sock");
  return paths;
}

}  // namespace

std::string EngineEndpoint::text() const {
  if (kind == Kind::unix_socket) return "unix://" + path;
  const bool brackets = host.find(':') != std::string::npos;
  return brackets ? fmt::format("tcp://[{}]:{}", host, port)
                  : fmt::format("tcp://{}:{}", host, port);
}

Result<EngineEndpoint> parse_endpoint(std::string_view text) {
  constexpr std::string_view unix_scheme = "unix://";
  const std::string_view path =
      text.starts_with(unix_scheme) ? text.substr(unix_scheme.size()) : text;
  if (path.starts_with('/')) {
    EngineEndpoint endpoint;
    endpoint.path = path;
    return endpoint;
  }
  for (const std::string_view scheme : {"tcp://", "http://"}) {
    if (text.starts_with(scheme)) return parse_tcp(text, text.substr(scheme.size()));
  }
  for (const std::string_view scheme : {"https://", "ssh://", "npipe://", "fd://"}) {
    if (text.starts_with(scheme)) {
      return failure(ErrorKind::unsupported,
                     fmt::format("the Engine's address {} cannot be used: only unix://PATH and "
                                 "tcp://HOST:PORT (without TLS) are supported",
                                 text));
    }
  }
  return failure(ErrorKind::invalid_argument,
                 fmt::format("the Engine's address \"{}\" is neither unix://PATH nor "
                             "tcp://HOST:PORT",
                             text));
}

EndpointSurroundings EndpointSurroundings::real() {
  return {
      [](const std::string& name) {
        const char* value = std::getenv(name.c_str());
        return std::string(value == nullptr ? "" : value);
      },
      [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; },
      [](const std::string& path) { return ::access(path.c_str(), R_OK | W_OK) == 0; },
  };
}

Result<EngineEndpoint> choose_endpoint(const std::string& option,
                                       const EndpointSurroundings& surroundings) {
  if (!option.empty()) return parse_endpoint(option);
  if (const std::string host = surroundings.environment("DOCKER_HOST"); !host.empty()) {
    const std::string verify = surroundings.environment("DOCKER_TLS_VERIFY");
    if (!verify.empty() && !host.starts_with("unix:")) {
      return failure(ErrorKind::unsupported,
                     "DOCKER_TLS_VERIFY is set, but an Engine behind TLS is not supported");
    }
    return parse_endpoint(host);
  }
  const auto sockets = usual_sockets(surroundings);
  for (const auto& is_wanted : {surroundings.may_use, surroundings.exists}) {
    const auto found = std::ranges::find_if(sockets, is_wanted);
    if (found != sockets.end()) return parse_endpoint(*found);
  }
  return parse_endpoint(usual_socket);
}

Error connect_error(const EngineEndpoint& endpoint, int error_number) {
  const std::string where = endpoint.text();
  std::string message;
  switch (error_number) {
    case ENOENT:
      message = fmt::format(
          "no Docker Engine at {}: the socket does not exist; start the Engine (for example with "
          "\"sudo systemctl start docker\") or name another one with --docker-host",
          where);
      break;
    case EACCES:
    case EPERM:
      message = fmt::format(
          "not permitted to use the Docker Engine at {}: add yourself to the group docker (\"sudo "
          "usermod -aG docker $USER\") and log in again",
          where);
      break;
    case ECONNREFUSED:
      message = fmt::format(
          "nothing listens at {}: start the Docker Engine (for example with \"sudo systemctl start "
          "docker\") or name another one with --docker-host",
          where);
      break;
    default:
      message = fmt::format("cannot reach the Docker Engine at {}: {}", where,
                            std::generic_category().message(error_number));
  }
  return Error{ErrorKind::unavailable, std::move(message)};
}

}  // namespace trainyard
