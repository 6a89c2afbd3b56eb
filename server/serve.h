#pragma once

#include "server/options.h"

namespace trainyard::server {

// Runs the daemon until it is asked to stop. Returns the process's exit code.
int serve(const ServeOptions& options);

}  // namespace trainyard::server
