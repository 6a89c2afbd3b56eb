#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "runtime/job/supervisor.h"
#include "runtime/store/sqlite_journal.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_engine.h"
#include "tests/support/memory_store.h"
#include "tests/support/temp_dir.h"

namespace trainyard::testing {

// A supervisor with everything it needs, over an Engine and an object store in memory. `restart`
// takes the supervisor down and makes a new one over the same journal, logs, Engine and objects.
class JobBench {
 public:
  explicit JobBench(JobOptions options = default_options());
  ~JobBench();

  static JobOptions default_options();

  FakeEngine& engine() { return engine_; }
  MemoryStore& objects() { return objects_; }
  FakeClock& clock() { return clock_; }
  Supervisor& jobs() { return *supervisor_; }
  MetricStore& metrics() { return *metrics_; }
  std::filesystem::path journal_file() const { return directory_ / "jobs.db"; }
  std::filesystem::path scratch() const { return directory_ / "scratch"; }
  // Used by the supervisors that are made after this.
  void set_endpoint(JobEndpoint* endpoint) { endpoint_ = endpoint; }
  LogGroups& logs() { return *logs_; }
  std::filesystem::path log_directory() const { return directory_ / "logs"; }
  void restart(JobOptions options = default_options());
  void stop();

  // A job that runs `image`, reads nothing and writes to s3://results/out.
  static JobSpec spec(const std::string& name, const std::string& image = "image");
  JobRecord create(const JobSpec& spec);
  JobRecord describe(const std::string& name);
  // Looks until the job has that secondary status, for at most 20 s.
  JobRecord await(const std::string& name, SecondaryStatus status);
  JobRecord await_end(const std::string& name);
  // Looks until the latest status message contains `text`.
  JobRecord await_message(const std::string& name, const std::string& text);
  std::vector<std::string> log(const std::string& name);
  // Nothing of any job is left in the Engine but idle networks.
  void check_nothing_left();

 private:
  void make(JobOptions options);

  TempDir directory_;
  FakeClock clock_;
  FakeEngine engine_;
  MemoryStore objects_;
  std::unique_ptr<SqliteJournal> journal_;
  FileRoots roots_{{}};
  std::unique_ptr<MetricStore> metrics_;
  std::unique_ptr<LogGroups> logs_;
  std::unique_ptr<Stager> stager_;
  std::unique_ptr<NetworkPool> networks_;
  std::unique_ptr<TrustedRoots> trusted_roots_;
  JobEndpoint* endpoint_ = nullptr;
  std::unique_ptr<JobSite> site_;
  std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace trainyard::testing
