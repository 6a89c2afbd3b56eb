#pragma once

// How a command finds the daemon that it is to talk to.

#include <filesystem>
#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "server/http_client.h"

namespace trainyard::server {

struct RunningDaemon {
  BaseUrl url;
  std::string token;  // for its own routes; "" where it is not the user's own daemon
};

// The daemon at `url`, or without one the daemon that runs in the data directory. Errors say how to
// start one, or name one.
Result<RunningDaemon> find_daemon(const std::optional<std::string>& url,
                                  const std::filesystem::path& data_dir);

}  // namespace trainyard::server
