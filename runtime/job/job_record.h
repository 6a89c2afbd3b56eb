#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/job/job_spec.h"
#include "runtime/job/job_status.h"
#include "runtime/metric/metric.h"

namespace trainyard {

// Everything that is known about a job at one moment: what its accepted request said and what its
// events have made of it. A value; reading it needs no lock.
struct JobRecord {
  JobSpec spec;
  // The accepted request with its defaults filled in, as JSON text that the runtime only keeps.
  std::string document;

  JobStatus status = JobStatus::in_progress;
  SecondaryStatus secondary_status = SecondaryStatus::starting;
  std::vector<StatusTransition> transitions;
  Time creation_time{};
  Time last_modified_time{};
  std::optional<Time> training_start_time;  // when Downloading began
  std::optional<Time> training_end_time;    // when the terminal entry began
  std::string failure_reason;               // at most 1 024 characters; empty when not failed
  // The latest value of each metric that was found in the log. Kept apart from the events, so only
  // who describes a job has them.
  std::vector<FinalMetric> final_metrics;
};

// What a listing shows.
struct JobSummary {
  std::string name;
  std::string arn;
  JobStatus status = JobStatus::in_progress;
  SecondaryStatus secondary_status = SecondaryStatus::starting;
  Time creation_time{};
  Time last_modified_time{};
  std::optional<Time> training_end_time;
};

using Tags = std::map<std::string, std::string>;

struct JobQuery {
  enum class Sort { name, creation_time, status };

  std::optional<Time> created_after;  // exclusive, as all four
  std::optional<Time> created_before;
  std::optional<Time> modified_after;
  std::optional<Time> modified_before;
  std::string name_contains;  // empty: any
  std::optional<JobStatus> status;
  Sort sort = Sort::creation_time;
  bool descending = true;
  // Continue behind this job: its sort key (creation time in nanoseconds, or the status text; ""
  // for Sort::name) and its name. Jobs added or removed meanwhile neither repeat nor hide others.
  struct Position {
    std::string key;
    std::string name;
  };
  std::optional<Position> after;
  std::size_t limit = 10;
};

struct JobPage {
  std::vector<JobSummary> jobs;
  std::optional<JobQuery::Position> next;  // present when there are more
};

}  // namespace trainyard
