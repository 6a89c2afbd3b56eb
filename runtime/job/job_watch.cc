#include <algorithm>

#include <spdlog/spdlog.h>

#include "runtime/job/container_plan.h"
#include "runtime/job/job_work.h"

// How a running container is followed to its end.

namespace trainyard {

namespace {

// A hint may be lost with the connection that carried it; a look is cheap.
constexpr std::chrono::seconds look_interval{30};
// An Engine may have lost the signal.
constexpr std::chrono::seconds kill_interval{10};
// How long the rest of a log may be silent after its container has ended.
constexpr std::chrono::seconds log_silence{10};

Error stopped() {
  return {ErrorKind::cancelled, "the daemon ends"};
}

Error container_gone() {
  return {ErrorKind::not_found,
          "InternalServerError: the training container is gone: somebody removed it"};
}

// What the Engine says about the training container, in words for the user.
Error explained(Error error) {
  return error.kind == ErrorKind::not_found ? container_gone() : std::move(error);
}

}  // namespace

Result<std::vector<ContainerState>> JobWork::list_own() {
  return site_.engine.list_containers(host_labels(site_.data_directory_id, spec_.name, job_.id()));
}

Result<std::string> JobWork::container() {
  if (std::string known = job_.container(); !known.empty()) return known;
  TRY(const auto containers, list_own());
  if (containers.empty()) return failure(container_gone());
  const std::lock_guard lock(job_.mutex_);
  job_.container_ = containers.front().id;
  job_.look_ = true;
  return job_.container_;
}

Result<void> JobWork::require_container(const std::string& container) {
  const auto state = site_.engine.inspect_container(container);
  if (!state) return failure(explained(state.error()));
  return {};
}

Result<ContainerState> JobWork::inspect(const std::string& container, std::stop_token stop) {
  auto state = through_bad_answers(std::move(stop),
                                   [&] { return site_.engine.inspect_container(container); });
  if (!state) return failure(explained(std::move(state).error()));
  return state;
}

void JobWork::follow_log(const std::string& container) {
  // A container runs on without a log: what it makes is worth more than what it says.
  if (log_task_ || !log_) return;
  follow_metrics();
  {
    const std::lock_guard lock(job_.mutex_);
    job_.log_ended_ = false;
  }
  collector_ = std::make_unique<LogCollector>(site_.engine, site_.clock, container, log_);
  log_task_ = std::make_unique<TaskGroup>("job log", 1);
  log_task_->spawn([this](std::stop_token stop) {
    const auto followed = collector_->follow(stop);
    if (!followed && followed.error().kind != ErrorKind::cancelled) {
      log_line_("reading the log failed: " + followed.error().message);
    }
    const std::lock_guard lock(job_.mutex_);
    job_.log_ended_ = true;
    job_.look_ = true;
    job_.changed_.notify_all();
  });
}

Result<void> JobWork::finish_log() {
  if (!log_task_) return {};
  // However much is left, it is read as long as it flows.
  for (;;) {
    const LogPosition before = log_->position();
    std::unique_lock lock(job_.mutex_);
    site_.clock.wait_until(lock, job_.changed_, stop_, site_.clock.now() + log_silence,
                           [&] { return job_.log_ended_; });
    if (stop_.stop_requested()) return failure(stopped());
    if (job_.log_ended_ || log_->position() == before) break;
  }
  log_task_->request_stop();
  log_task_->join();
  return with_engine(stop_, [&] { return collector_->finish(stop_); });
}

Result<std::optional<ContainerState>> JobWork::await_end(Time deadline, bool until_stop_request) {
  TRY(const std::string id, while_it_runs([&] { return container(); }));
  const auto asked_to_stop = [&] {
    return until_stop_request && job_.state_.life.phase != Phase::running;
  };
  for (;;) {
    {
      std::unique_lock lock(job_.mutex_);
      const Time look_at = site_.clock.now() + look_interval;
      site_.clock.wait_until(lock, job_.changed_, stop_, std::min(deadline, look_at),
                             [&] { return job_.look_ || asked_to_stop(); });
      job_.look_ = false;
      if (stop_.stop_requested()) return failure(stopped());
      if (asked_to_stop()) return std::nullopt;
    }
    TRY(const ContainerState state, while_it_runs([&] { return inspect(id, stop_); }));
    if (state.status == ContainerStatus::exited) return state;
    if (site_.clock.now() >= deadline) return std::nullopt;
  }
}

Result<JobEvent> JobWork::ended(const ContainerState& state) {
  if (const auto finished = finish_log(); !finished) {
    if (finished.error().kind == ErrorKind::cancelled) return failure(finished.error());
    // What the container made is worth more than what it said.
    spdlog::error("job {}: the end of its log is lost: {}", spec_.name, finished.error().message);
    log_line_("the end of this log is lost: " + finished.error().message);
  }
  JobEvent event;
  event.kind = JobEvent::Kind::container_ended;
  event.time = state.finished_at;
  event.exit_code = state.exit_code;
  event.out_of_memory = state.out_of_memory;
  return event;
}

Result<JobEvent> JobWork::watch() {
  TRY(const std::string id, while_it_runs([&] { return container(); }));
  TRY_VOID(reopen_endpoint(id));
  follow_log(id);
  const Time began = job_.record().transitions.back().start;
  TRY(const auto state, await_end(began + spec_.max_runtime, true));
  if (state) return ended(*state);
  if (job_.phase() != Phase::running) return failure(ErrorKind::cancelled, "asked to stop");
  JobEvent event;
  event.kind = JobEvent::Kind::time_limit_reached;
  return event;
}

Result<void> JobWork::signal(const std::string& container, const std::string& name) {
  const auto sent = while_it_runs([&] { return site_.engine.signal_container(container, name); });
  if (!sent) return failure(explained(sent.error()));
  return {};
}

Result<JobEvent> JobWork::halt() {
  TRY(const std::string id, while_it_runs([&] { return container(); }));
  TRY_VOID(reopen_endpoint(id));
  follow_log(id);
  const Time asked = job_.record().transitions.back().start;
  // One that cannot be asked is killed.
  const auto told = signal(id, "SIGTERM");
  if (!told && told.error().kind != ErrorKind::timed_out) return failure(told.error());
  job_.look(id);
  TRY(auto state, await_end(asked + site_.options.stop_grace, false));
  while (!state) {
    TRY_VOID(signal(id, "SIGKILL"));
    TRY(state, await_end(site_.clock.now() + kill_interval, false));
  }
  return ended(*state);
}

}  // namespace trainyard
