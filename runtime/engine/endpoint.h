#pragma once

// Where the Docker Engine listens, and how that is found out.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace trainyard {

struct EngineEndpoint {
  enum class Kind { unix_socket, tcp };
  Kind kind = Kind::unix_socket;
  std::string path;  // of the socket
  std::string host;
  std::uint16_t port = 0;

  // "unix:///var/run/docker.sock", "tcp://192.0.2.1:2375"
  std::string text() const;

  friend bool operator==(const EngineEndpoint&, const EngineEndpoint&) = default;
};

// Understands unix://PATH, a bare absolute path, tcp://HOST:PORT and http://HOST:PORT (port 2375
// when absent; [..] around an IPv6 address). invalid_argument otherwise, unsupported for TLS and
// ssh.
Result<EngineEndpoint> parse_endpoint(std::string_view text);

// What choosing an endpoint looks at.
struct EndpointSurroundings {
  // Value of an environment variable, "" when it is not set.
  std::function<std::string(const std::string& name)> environment;
  std::function<bool(const std::string& path)> exists;
  std::function<bool(const std::string& path)> may_use;  // by this process

  static EndpointSurroundings real();
};

// The one named by `option`, else by DOCKER_HOST, else the first of the usual sockets that may be
// used (Docker's, its rootless and Desktop ones, Podman's), else that exists, else Docker's usual
// one. Only reads the file system's names; never talks to the Engine.
Result<EngineEndpoint> choose_endpoint(const std::string& option,
                                       const EndpointSurroundings& surroundings);

// Why connecting failed with `error_number`, and what to do about it. Always `unavailable`, for the
// remedy lies outside of the daemon and it may work later.
Error connect_error(const EngineEndpoint& endpoint, int error_number);

}  // namespace trainyard
