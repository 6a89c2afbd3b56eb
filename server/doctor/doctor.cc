#include "server/doctor/doctor.h"

#include <iostream>

#include "server/doctor/checks.h"

namespace trainyard::server {

int doctor(const DoctorOptions& options) {
  const auto checks = check_all(gather_facts(options));
  std::cout << render(checks) << std::flush;
  return jobs_can_run(checks) ? 0 : 1;
}

}  // namespace trainyard::server
