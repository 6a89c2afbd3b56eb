#pragma once

// How the names of jobs are compared. Any thread may call it.

#include <string>

namespace trainyard {

// Equal for names that differ in case only: those are one job. Names are ASCII by their pattern.
std::string job_key(std::string name);

}  // namespace trainyard
