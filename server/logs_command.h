#pragma once

// `trainyard logs JOB`: prints what there is of a job's log.

#include <ostream>

#include "runtime/base/stream.h"
#include "server/options.h"

namespace trainyard::server {

// Prints on stdout and stderr. Returns the process's exit code: 0 when the whole log was printed
// (or as much of it as the reader of stdout wanted), 1 otherwise.
int logs(const LogsOptions& options);

// The same with the lines going to `out`, as bytes, and messages to `messages`.
int logs(const LogsOptions& options, ByteSink& out, std::ostream& messages);

}  // namespace trainyard::server
