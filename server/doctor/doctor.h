#pragma once

#include "server/options.h"

namespace trainyard::server {

// `trainyard doctor`: prints on stdout what was found out about this machine, with remedies.
// Returns the process's exit code: 0 when training jobs can run, 1 otherwise.
int doctor(const DoctorOptions& options);

}  // namespace trainyard::server
