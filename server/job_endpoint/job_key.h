#pragma once

#include <string>
#include <string_view>

#include "runtime/job/job_endpoint.h"

namespace trainyard::server {

// The key of a job, made from the data directory's secret and what names the job: the same
// whenever it is asked for, so that a container that outlives the daemon keeps its rights without
// any key being stored, and of no use to any other job. Any thread.
AccessKey job_key(std::string_view secret, std::string_view job);

}  // namespace trainyard::server
