#pragma once

// The door to what is remembered about jobs. A job's truth is its list of events; what lists filter
// and sort by is kept beside it, written in the same transaction.
//
// All members may be called from any thread. What a member has written survives a power cut once it
// returned.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/job/job_history.h"
#include "runtime/job/job_record.h"

namespace trainyard {

using JobId = std::int64_t;

struct StoredJob {
  JobId id = 0;
  JobState state;
};

class Journal {
 public:
  virtual ~Journal() = default;

  // Takes a job with its first event. already_exists: the name is taken, without regard to case.
  virtual Result<JobId> add(const JobState& accepted, const Tags& tags) = 0;
  // Appends an event that has been applied to `state` already.
  virtual Result<void> append(JobId id, const JobEvent& event, const JobState& state) = 0;

  virtual Result<StoredJob> find(const std::string& name) = 0;
  // Every job whose last event is not `finished`, oldest first.
  virtual Result<std::vector<StoredJob>> unfinished() = 0;
  virtual Result<JobPage> list(const JobQuery& query) = 0;
  virtual Result<void> remove(JobId id) = 0;
  // Removes every job. Their ids are not given again.
  virtual Result<void> clear() = 0;
  // Whether there has ever been a job, also one that is removed by now.
  virtual Result<bool> ever_held() = 0;

  virtual Result<void> replace_document(JobId id, const std::string& document, Time modified) = 0;
  virtual Result<Tags> tags(JobId id) = 0;
  virtual Result<void> replace_tags(JobId id, const Tags& tags) = 0;
};

}  // namespace trainyard
