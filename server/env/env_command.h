#pragma once

// `trainyard env`: writes the files that client libraries read, below the data directory, and
// prints the variables that name them and the daemon.

#include <ostream>

#include "server/options.h"

namespace trainyard::server {

// Prints on stdout and stderr. Returns the process's exit code: 0, or 1 when no daemon answers or a
// file could not be written; nothing is on stdout then, so that `eval` changes nothing.
int env(const EnvOptions& options);

// The same over streams.
int env(const EnvOptions& options, std::ostream& out, std::ostream& messages);

}  // namespace trainyard::server
