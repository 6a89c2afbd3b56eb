#pragma once

// The judgements of `trainyard doctor`: from facts to checks, without looking at anything else.

#include <vector>

#include "server/doctor/check.h"
#include "server/doctor/facts.h"

namespace trainyard::server {

Check check_engine(const Facts& facts);
Check check_rights(const Facts& facts);
Check check_staging(const Facts& facts);
Check check_job_endpoint(const Facts& facts);
Check check_disk(const DiskFacts& disk);
Check check_port(const PortFacts& port);
Check check_data_directory(const DataDirectoryFacts& directory);

// All of them, in the order in which they are printed.
std::vector<Check> check_all(const Facts& facts);

}  // namespace trainyard::server
