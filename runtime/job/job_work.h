#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/base/task_group.h"
#include "runtime/job/job_run.h"
#include "runtime/log/log_collector.h"
#include "runtime/metric/metric_follower.h"

namespace trainyard {

// Does what a job needs in each of its phases. Belongs to the thread that runs the job.
class JobWork {
 public:
  JobWork(JobRun& job, std::stop_token stop);
  ~JobWork();

  // Carries out one effect; the event is its outcome. cancelled: the daemon ends, or the job was
  // moved to another phase meanwhile. Any other error's message is the reason why the job fails.
  Result<JobEvent> perform(Effect effect);

  // The daemon ends: takes back what was only being prepared. A running container is left alone.
  void leave();
  // The job is forgotten: removes everything of it, also a running container.
  void discard();

 private:
  Result<JobEvent> prepare();
  Result<JobEvent> watch();
  Result<JobEvent> halt();
  Result<JobEvent> collect();
  Result<JobEvent> clean();

  // Preparing, step by step.
  Result<JobEvent> prepare_once(std::stop_token stop);
  Result<JobEvent> adopt(const std::string& container, std::stop_token stop);
  // Of our own container, which somebody else may have removed.
  Result<ContainerState> inspect(const std::string& container, std::stop_token stop);
  Result<ImageInfo> fetch_image(std::stop_token stop);
  Result<void> pull(const std::string& image, std::stop_token stop);
  Result<void> create(const ImageInfo& image, std::stop_token stop);
  // Training containers of earlier jobs of this name.
  Result<void> remove_old_containers();
  Result<void> open_endpoint();
  Result<JobEvent> start(std::stop_token stop);

  // Opens the endpoint that an earlier daemon told the running container of.
  Result<void> reopen_endpoint(const std::string& container);
  void close_endpoint();
  // For the next job; a network that may still have a container in it goes with a later sweep.
  void give_back_network(bool emptied);

  // Watching.
  Result<std::vector<ContainerState>> list_own();
  Result<std::string> container();
  // An error in words for the user when somebody has removed it.
  Result<void> require_container(const std::string& container);
  Result<std::optional<ContainerState>> await_end(Time deadline, bool until_stop_request);
  Result<JobEvent> ended(const ContainerState& state);
  Result<void> signal(const std::string& container, const std::string& name);
  void follow_log(const std::string& container);
  Result<void> finish_log();
  std::unique_ptr<MetricFollower> make_metric_follower();
  void follow_metrics();
  Result<void> finish_metrics();

  // Collecting.
  Result<void> store_artifacts(JobEvent& event);
  std::chrono::seconds patience_with(const Error& error) const;

  // Cleaning.
  void stop_log();
  Result<void> remove_leftovers();
  bool removed_leftovers();
  bool keeps_leftovers() const;

  // Repeats `step` while its error passes, as long as jobs wait for the Engine.
  template <typename Step>
  auto repeat(std::stop_token stop, bool (*passes)(ErrorKind), Step step) -> decltype(step());
  // While the Engine is away.
  template <typename Step>
  auto with_engine(std::stop_token stop, Step step) {
    return repeat(
        std::move(stop), [](ErrorKind kind) { return kind == ErrorKind::unavailable; },
        std::move(step));
  }
  // While it answers with anything but a result, or that there is no such thing: what may run
  // already is not given up for one bad answer.
  template <typename Step>
  auto through_bad_answers(std::stop_token stop, Step step) {
    return repeat(
        std::move(stop),
        [](ErrorKind kind) {
          return kind != ErrorKind::not_found && kind != ErrorKind::cancelled &&
                 kind != ErrorKind::unavailable;
        },
        std::move(step));
  }
  // Both.
  template <typename Step>
  auto while_it_runs(Step step) {
    return with_engine(stop_, [this, &step] { return through_bad_answers(stop_, step); });
  }
  bool engine_answers();
  Result<void> require_log();

  JobRun& job_;
  JobSite& site_;
  const std::stop_token stop_;
  JobSpec spec_;  // with the image that really runs
  const Labels labels_;

  // Everything of the job that is in the Engine was made by this object and is noted here;
  // otherwise the Engine is asked by label.
  bool all_known_;
  bool engine_given_up_ = false;  // it was waited for as long as jobs wait
  std::optional<NetworkLease> network_;
  std::optional<JobEndpoint::Access> endpoint_;
  std::string endpoint_fault_;  // why there is none, where there should be one
  std::vector<std::string> volumes_;
  std::shared_ptr<LogWriter> log_;
  LogLine log_line_;
  std::unique_ptr<LogCollector> collector_;
  std::unique_ptr<TaskGroup> log_task_;
  std::unique_ptr<MetricFollower> metrics_;  // null for a job without definitions
  std::unique_ptr<TaskGroup> metric_task_;
};

template <typename Step>
auto JobWork::repeat(std::stop_token stop, bool (*passes)(ErrorKind), Step step)
    -> decltype(step()) {
  constexpr std::chrono::milliseconds pause{500};
  std::optional<Time> away_since;
  for (;;) {
    auto result = step();
    if (result || !passes(result.error().kind)) {
      if (result) engine_given_up_ = false;
      if (away_since) job_.show("");
      return result;
    }
    const Time now = site_.clock.now();
    if (!away_since) away_since = now;
    if (now - *away_since >= site_.options.engine_wait) {
      const bool away = result.error().kind == ErrorKind::unavailable;
      engine_given_up_ = true;
      return failure(
          ErrorKind::timed_out,
          fmt::format("InternalServerError: the Docker Engine has {} for {} seconds: {}. {} "
                      "(trainyard doctor tells what is missing), or raise --engine-wait",
                      away ? "been away" : "failed", site_.options.engine_wait.count(),
                      result.error().message, away ? "Start it" : "Look after it"));
    }
    job_.show("Waiting for the Docker Engine: " + result.error().message);
    if (!wait_for(site_.clock, pause, stop)) {
      return failure(ErrorKind::cancelled, "waiting for the Docker Engine was stopped");
    }
  }
}

}  // namespace trainyard
