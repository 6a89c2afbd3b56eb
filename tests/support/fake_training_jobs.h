#pragma once

// Training jobs that nothing runs: they stay as they were accepted until a test changes their
// record. Everything else is as TrainingJobs promises. Thread-safe.

#include <map>
#include <mutex>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/job/training_jobs.h"

namespace trainyard::testing {

class FakeTrainingJobs final : public TrainingJobs {
 public:
  explicit FakeTrainingJobs(Clock& clock) : clock_(clock) {}

  // Changes a job's record; there must be one.
  void change(const std::string& name, const std::function<void(JobRecord&)>& change);
  // There are no jobs any more, as after a reset.
  void clear();
  // The next creation fails with this.
  void refuse_next(Error error);

  Result<JobRecord> create(JobSpec spec, std::string document, Tags tags) override;
  Result<JobRecord> describe(const std::string& name) override;
  JobWatch watch(const std::string& name, OnJobChange on_change) override;
  Result<JobPage> list(const JobQuery& query) override;
  Result<void> stop(const std::string& name) override;
  Result<void> remove(const std::string& name) override;
  Result<JobRecord> replace_document(const std::string& name, std::string document) override;
  Result<Tags> tags(const std::string& name) override;
  Result<void> replace_tags(const std::string& name, Tags tags) override;
  Result<void> read_log(
      const std::string& name,
      const std::function<Result<void>(Time time, std::string_view line)>& on_line) override;

 private:
  struct Job {
    JobRecord record;
    Tags tags;
  };

  Result<Job*> find(const std::string& name);

  Clock& clock_;
  JobWatchers watchers_;
  std::mutex mutex_;
  std::map<std::string, Job> jobs_;  // by name in lower case
  std::optional<Error> refusal_;
};

}  // namespace trainyard::testing
