#pragma once

// What a job's container is made of, apart from its data: names, labels, environment, command.
// Pure.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/container_engine.h"
#include "runtime/job/job_endpoint.h"
#include "runtime/job/job_options.h"
#include "runtime/job/job_spec.h"
#include "runtime/store/journal.h"

namespace trainyard {

// Labels on everything in the Engine that is ours. Only what carries our data directory's id is
// ever removed.
inline constexpr const char* data_directory_label = "trainyard.data-dir";
inline constexpr const char* job_label = "trainyard.job";
inline constexpr const char* job_id_label = "trainyard.job-id";  // in the journal
inline constexpr const char* host_label =
    "trainyard.host";  // on training containers only: "algo-1"
inline constexpr const char* endpoint_label =
    "trainyard.endpoint";  // where its container was told to look: "10.213.4.1:4748"

Labels data_directory_labels(const std::string& data_directory_id);
Labels job_labels(const std::string& data_directory_id, const std::string& job_name);

// Labels of the job's training container, which helper containers of the same job do not carry all
// of, and no container of another job that had the name before.
Labels host_labels(const std::string& data_directory_id, const std::string& job_name, JobId id);

// The image that runs: the request's, unless an alias stands for it.
std::string image_to_run(const JobSpec& spec, const JobOptions& options);

// Everything but mounts and network.
ContainerSpec plan_container(const JobSpec& spec, const JobOptions& options,
                             const std::string& data_directory_id, JobId id,
                             const std::optional<JobEndpoint::Access>& endpoint,
                             const std::map<std::string, std::string>& machine_variables);

}  // namespace trainyard
