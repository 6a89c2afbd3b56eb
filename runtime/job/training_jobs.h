#pragma once

// The runtime as its users see it: take a job, tell about jobs, stop and delete them. Everything
// behind it (journal, queue, supervisor, engine) is the runtime's own matter.
//
// All members may be called from any thread. None waits for the Engine.

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "runtime/base/result.h"
#include "runtime/job/job_record.h"
#include "runtime/job/job_watchers.h"

namespace trainyard {

class TrainingJobs {
 public:
  virtual ~TrainingJobs() = default;

  // Takes a job; it is on disk when this returns. already_exists: the name is taken (names compare
  // without regard to case). limit_exceeded: the job needs more hosts than there are.
  virtual Result<JobRecord> create(JobSpec spec, std::string document, Tags tags) = 0;

  // not_found when there is no such job.
  virtual Result<JobRecord> describe(const std::string& name) = 0;
  // Tells of every later change of the job's state, and of its removal, until the watch ends. There
  // need be no such job.
  virtual JobWatch watch(const std::string& name, OnJobChange on_change) = 0;
  virtual Result<JobPage> list(const JobQuery& query) = 0;

  // conflict when the job has ended; success again when it is stopping already.
  virtual Result<void> stop(const std::string& name) = 0;
  // conflict while the job has not ended. The name is free again soon after.
  virtual Result<void> remove(const std::string& name) = 0;

  // Replaces the kept document and moves the time of last modification.
  virtual Result<JobRecord> replace_document(const std::string& name, std::string document) = 0;

  virtual Result<Tags> tags(const std::string& name) = 0;
  virtual Result<void> replace_tags(const std::string& name, Tags tags) = 0;

  // Calls `on_line` for every line of the job's log that is there, in order.
  virtual Result<void> read_log(
      const std::string& name,
      const std::function<Result<void>(Time time, std::string_view line)>& on_line) = 0;
};

}  // namespace trainyard
