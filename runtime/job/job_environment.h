#pragma once

// The environment variables of a training container: what the service gives every job, what this
// machine's owner gives every job, how the job's endpoint is reached, and the request's own. Pure.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/job/job_endpoint.h"
#include "runtime/job/job_options.h"
#include "runtime/job/job_spec.h"

namespace trainyard {

// NAME=VALUE, sorted by name. `machine` is what comes with files that this machine puts into the
// container. Where several name a variable, the request wins over the owner
// (--job-env), and the owner over what the platform sets. Two things are more than a variable:
// - A request that brings credentials of its own, of whatever kind, gets none of ours beside them:
//   halves of two keys do not fit together, and a key hides every other kind.
// - Where there is a proxy, the endpoint's address is added to those that go past it.
std::vector<std::string> job_environment(const JobSpec& spec, const JobOptions& options,
                                         const std::optional<JobEndpoint::Access>& endpoint,
                                         const std::map<std::string, std::string>& machine = {});

// The key that the request gives the container, when it gives a whole one.
std::optional<AccessKey> given_key(const JobSpec& spec, const JobOptions& options);

}  // namespace trainyard
