#include "runtime/job/job_status.h"

#include <utility>

namespace trainyard {

namespace {

constexpr std::array<std::pair<JobStatus, std::string_view>, 6> job_status_names{{
    {JobStatus::in_progress, "InProgress"},
    {JobStatus::completed, "Completed"},
    {JobStatus::failed, "Failed"},
    {JobStatus::stopping, "Stopping"},
    {JobStatus::stopped, "Stopped"},
    {JobStatus::deleting, "Deleting"},
}};

constexpr std::array<std::pair<SecondaryStatus, std::string_view>, 9> secondary_status_names{{
    {SecondaryStatus::starting, "Starting"},
    {SecondaryStatus::downloading, "Downloading"},
    {SecondaryStatus::training, "Training"},
    {SecondaryStatus::uploading, "Uploading"},
    {SecondaryStatus::stopping, "Stopping"},
    {SecondaryStatus::stopped, "Stopped"},
    {SecondaryStatus::max_runtime_exceeded, "MaxRuntimeExceeded"},
    {SecondaryStatus::completed, "Completed"},
    {SecondaryStatus::failed, "Failed"},
}};

}  // namespace

std::string_view to_string(JobStatus status) {
  for (const auto& [value, name] : job_status_names) {
    if (value == status) return name;
  }
  return "";
}

std::optional<JobStatus> job_status_from_string(std::string_view text) {
  for (const auto& [value, name] : job_status_names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::string_view to_string(SecondaryStatus status) {
  for (const auto& [value, name] : secondary_status_names) {
    if (value == status) return name;
  }
  return "";
}

std::optional<SecondaryStatus> secondary_status_from_string(std::string_view text) {
  for (const auto& [value, name] : secondary_status_names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool is_terminal(JobStatus status) {
  return status == JobStatus::completed || status == JobStatus::failed ||
         status == JobStatus::stopped;
}

}  // namespace trainyard
