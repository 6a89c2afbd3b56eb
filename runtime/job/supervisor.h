#pragma once

// Takes jobs, gives them hosts in the order they came, and sees every one of them to its end: the
// real TrainingJobs. Jobs of an earlier daemon are taken up again at start.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/base/task_group.h"
#include "runtime/job/job_run.h"
#include "runtime/job/training_jobs.h"

namespace trainyard {

class Supervisor final : public TrainingJobs {
 public:
  // More jobs than this are not kept waiting.
  static constexpr std::size_t queue_limit = 10'000;

  explicit Supervisor(JobSite& site);
  ~Supervisor() override;

  // Loads what is unfinished and begins to work. Does not wait for the Engine.
  Result<void> start();
  // Leaves running containers running, removes idle networks, and waits for its threads.
  void stop();
  struct Cleared {
    bool forgotten = false;  // no job is known any more, whatever became of the rest
    Result<void> done;
  };
  // Forgets every job, whatever it does: its container is killed, everything of it in the Engine,
  // its log and its record are removed; then it is as if none had ever been. Jobs that are created
  // meanwhile are refused. Errors when they are forgotten: that of the Engine (unavailable when it
  // is away) in which something may be left, which goes with a later sweep, or that of the logs.
  // Errors when nothing is forgotten: timed_out when `patience` is over, cancelled when `stop` is
  // requested, or that of the journal; then jobs that wait for a host wait on, those at work go on
  // as after a restart, without a container that was removed meanwhile.
  Cleared clear(std::chrono::seconds patience, const std::stop_token& stop = {});

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
      const std::function<Result<void>(Time, std::string_view)>& on_line) override;

 private:
  struct ActiveJob {
    std::shared_ptr<JobRun> run;
    int hosts = 1;
    bool working = false;  // has its hosts and a thread
  };

  // Under mutex_.
  ActiveJob* find_active(const std::string& name);
  void take_up(StoredJob job, bool resumed);
  Result<void> take_up_unfinished();
  void resume_forgotten();
  // False when there is no thread for it.
  bool begin_work(const std::string& key, ActiveJob& job);
  void fill_hosts();
  // As many as there are threads for.
  void begin_all();
  void show_queue();

  std::shared_ptr<JobRun> active_run(const std::string& name);
  Result<JobRecord> with_metrics(JobId id, JobRecord record);
  Result<JobId> id_of(const std::string& name);
  void finish_work(const std::string& key, const ActiveJob& job);
  void watch_engine(const std::stop_token& stop);
  void begin_starved(const std::stop_token& stop);
  void abandon_all();
  Result<void> await_abandoned(std::chrono::seconds patience, const std::stop_token& stop);
  Cleared forget_all();
  Result<void> sweep_forgotten();
  // False when something is left.
  bool sweep(const std::stop_token& stop);
  // Again and again, until nothing is left of jobs that are over. Under mutex_.
  void sweep_again();
  // True when nothing is left, and nobody asked for a sweep meanwhile.
  bool sweep_all_asked(const std::stop_token& stop);
  Result<void> sweep_once(const std::stop_token& stop);
  bool may_remove(const std::string& job_name);

  JobSite& site_;
  const Labels labels_;
  JobWatchers watchers_;

  std::mutex clear_mutex_;  // one clears at a time

  std::mutex mutex_;
  std::condition_variable_any active_changed_;
  std::map<std::string, ActiveJob> active_;  // by name in lower case
  std::deque<std::string> queue_;            // keys of active_ that wait for hosts
  int hosts_in_use_ = 0;
  bool clearing_ = false;
  bool starved_ = false;  // jobs wait for a thread
  std::condition_variable_any starved_changed_;
  bool sweeping_again_ = false;
  std::uint64_t sweeps_asked_ = 0;
  bool engine_used_ = false;  // something of ours may be in the Engine

  TaskGroup housekeeping_;
  TaskGroup jobs_;
};

}  // namespace trainyard
