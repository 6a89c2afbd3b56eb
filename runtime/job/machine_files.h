#pragma once

// What the owner of this machine has put into every job's container: certificates that it trusts
// (--job-ca) and pip's cache (--pip-cache).

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/job/job_site.h"

namespace trainyard {

std::map<std::string, std::string> machine_variables(const JobSite& site, const ImageInfo& image);
std::vector<VolumeMount> machine_mounts(const JobSite& site);

// Into a container that was made with those mounts and has not been started.
Result<void> put_machine_files(const JobSite& site, const ImageInfo& image,
                               const std::string& container, std::stop_token stop);

}  // namespace trainyard
