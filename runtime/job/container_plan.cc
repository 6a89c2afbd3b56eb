#include "runtime/job/container_plan.h"

#include "runtime/job/job_environment.h"

namespace trainyard {

namespace {

constexpr const char* first_host = "algo-1";

}  // namespace

Labels data_directory_labels(const std::string& data_directory_id) {
  return {{data_directory_label, data_directory_id}};
}

Labels job_labels(const std::string& data_directory_id, const std::string& job_name) {
  return {{data_directory_label, data_directory_id}, {job_label, job_name}};
}

Labels host_labels(const std::string& data_directory_id, const std::string& job_name, JobId id) {
  Labels labels = job_labels(data_directory_id, job_name);
  labels[job_id_label] = std::to_string(id);
  labels[host_label] = first_host;
  return labels;
}

std::string image_to_run(const JobSpec& spec, const JobOptions& options) {
  const auto alias = options.image_aliases.find(spec.image);
  return alias == options.image_aliases.end() ? spec.image : alias->second;
}

ContainerSpec plan_container(const JobSpec& spec, const JobOptions& options,
                             const std::string& data_directory_id, JobId id,
                             const std::optional<JobEndpoint::Access>& endpoint,
                             const std::map<std::string, std::string>& machine_variables) {
  ContainerSpec plan;
  plan.name = fmt::format("trainyard-{}-{}-{}", data_directory_id, spec.name, first_host);
  plan.image = image_to_run(spec, options);
  // The Engine drops the image's command when the entry point is replaced, so "train" is given only
  // where the image's own entry point, or none, is to take it.
  if (!spec.entrypoint.empty()) plan.entrypoint = spec.entrypoint;
  if (!spec.arguments.empty()) {
    plan.command = spec.arguments;
  } else if (spec.entrypoint.empty()) {
    plan.command = {"train"};
  }
  plan.environment = job_environment(spec, options, endpoint, machine_variables);
  plan.hostname = first_host;
  plan.aliases = {first_host};
  plan.labels = host_labels(data_directory_id, spec.name, id);
  if (endpoint) plan.labels[endpoint_label] = endpoint->address;
  // Under isolation names outside the job's network must not resolve: older Engines would forward
  // the questions. Nothing answers at this address inside the container.
  if (spec.network_isolation) plan.dns = {"127.0.0.1"};
  plan.memory_bytes = options.job_memory_bytes;
  plan.shm_bytes = options.shm_bytes;
  return plan;
}

}  // namespace trainyard
