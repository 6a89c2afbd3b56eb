#pragma once

// What clients see of a job, derived from its events: SageMaker's status, secondary status and its
// history, times and failure reason. Pure.

#include <string>

#include "runtime/job/job_event.h"
#include "runtime/job/job_record.h"
#include "runtime/job/life_cycle.h"

namespace trainyard {

// Status messages, in SageMaker's words.
namespace status_message {
inline constexpr std::string_view starting = "Starting the training job";
inline constexpr std::string_view preparing = "Preparing the instances for training";
inline constexpr std::string_view downloading = "Downloading input data";
inline constexpr std::string_view pulling = "Downloading the training image";
inline constexpr std::string_view training =
    "Training image download completed. Training in progress.";
inline constexpr std::string_view uploading = "Uploading generated training model";
inline constexpr std::string_view stopping = "Stopping the training job";
inline constexpr std::string_view stopped = "Training job stopped";
inline constexpr std::string_view completed = "Training job completed";
inline constexpr std::string_view failed = "Training job failed";
inline constexpr std::string_view max_runtime_exceeded =
    "Training job runtime exceeded MaxRuntimeInSeconds provided";
}  // namespace status_message

// A job as its events have made it.
struct JobState {
  JobRecord record;
  Life life;
};

// Begins with the `accepted` event.
JobState begin_history(JobSpec spec, std::string document, const JobEvent& accepted);

// Carries one more event into `state`. On an error nothing has changed.
Result<void> apply(JobState& state, const JobEvent& event);

// A reason with the class of failure that the service begins it with, such as "ClientError: ". Gets
// `prefix` when it has none.
std::string classified(const std::string& reason, std::string_view prefix);

// The reason of a failed job in the service's format, at most 1 024 characters: what the container
// wrote is cut so that the rest has room. Bytes that are not UTF-8 are replaced.
std::string failure_reason(const Life& life);

}  // namespace trainyard
