#pragma once

// What happens in the life of a job. The list of a job's events is the truth about it; everything
// else is derived from it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"

namespace trainyard {

struct JobEvent {
  enum class Kind {
    accepted,             // the request is in the journal
    preparation_started,  // a host is free: data and image are fetched, the container is made
    training_started,     // the container was started
    stop_requested,       // by StopTrainingJob
    time_limit_reached,   // MaxRuntimeInSeconds
    container_ended,      // exit_code, out_of_memory
    failed,               // cannot go on; reason, failure_text
    artifacts_stored,     // failure_text
    finished,             // nothing of the job is left in the Engine
  };

  Kind kind = Kind::accepted;
  Time time{};
  int exit_code = 0;
  bool out_of_memory = false;
  std::string reason{};
  std::string failure_text{};  // what the container wrote to its failure file
};

// Names as they stand in the journal, e.g. "training_started".
std::string_view to_string(JobEvent::Kind kind);
std::optional<JobEvent::Kind> job_event_kind_from_string(std::string_view text);

// All that an event carries besides kind and time, as JSON text.
std::string details_to_json(const JobEvent& event);
Result<void> details_from_json(const std::string& text, JobEvent& event);

}  // namespace trainyard
