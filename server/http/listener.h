#pragma once

#include <cstdint>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "server/listen_address.h"

namespace trainyard::server {

struct Listener {
  UniqueFd socket;  // listening, non-blocking
  std::uint16_t port = 0;
};

// Errors as those of HttpServer::start.
Result<Listener> listen_at(const ListenAddress& address);

}  // namespace trainyard::server
