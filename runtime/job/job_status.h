#pragma once

// The states of a training job and what clients see of them.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"

namespace trainyard {

enum class JobStatus { in_progress, completed, failed, stopping, stopped, deleting };

enum class SecondaryStatus {
  starting,
  downloading,
  training,
  uploading,
  stopping,
  stopped,
  max_runtime_exceeded,
  completed,
  failed,
};

// SageMaker's names, e.g. "InProgress", "MaxRuntimeExceeded".
std::string_view to_string(JobStatus status);
std::string_view to_string(SecondaryStatus status);
std::optional<JobStatus> job_status_from_string(std::string_view text);
std::optional<SecondaryStatus> secondary_status_from_string(std::string_view text);

bool is_terminal(JobStatus status);

// One entry of a job's history. While a status lasts its message is rewritten in place; the
// terminal entry ends when it starts.
struct StatusTransition {
  SecondaryStatus status = SecondaryStatus::starting;
  Time start{};
  std::optional<Time> end;
  std::string message;
};

}  // namespace trainyard
