#include "runtime/job/job_run.h"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "runtime/job/job_work.h"

namespace trainyard {

namespace {

constexpr std::chrono::seconds journal_pause{1};
constexpr std::chrono::seconds restart_pause{5};

}  // namespace

JobRun::JobRun(JobSite& site, JobId id, JobState state, bool resumed, OnEvent on_event)
    : site_(site),
      id_(id),
      resumed_(resumed),
      on_event_(std::move(on_event)),
      state_(std::move(state)),
      look_(resumed) {
}

JobRecord JobRun::record() const {
  const std::lock_guard lock(mutex_);
  JobRecord record = state_.record;
  if (!live_message_.empty()) record.transitions.back().message = live_message_;
  return record;
}

Phase JobRun::phase() const {
  const std::lock_guard lock(mutex_);
  return state_.life.phase;
}

std::string JobRun::container() const {
  const std::lock_guard lock(mutex_);
  return container_;
}

int JobRun::exit_code() const {
  const std::lock_guard lock(mutex_);
  return state_.life.exit_code.value_or(0);
}

Result<void> JobRun::request_stop() {
  const std::lock_guard lock(mutex_);
  const Life& life = state_.life;
  if (life.phase == Phase::ended) return failure(ErrorKind::conflict, "the job has ended");
  if (life.phase == Phase::collecting) patience_stop_.request_stop();
  // Its end is settled already.
  if (life.phase == Phase::cleaning || life.ending != Ending::by_itself) return {};
  JobEvent event;
  event.kind = JobEvent::Kind::stop_requested;
  TRY_VOID(record_locked(event));
  preparation_stop_.request_stop();
  return {};
}

void JobRun::look(const std::string& container) {
  const std::lock_guard lock(mutex_);
  if (!container.empty() && container != container_) return;
  look_ = true;
  changed_.notify_all();
}

Result<JobRecord> JobRun::replace_document(const std::string& document) {
  {
    const std::lock_guard lock(mutex_);
    const Time now = std::max(site_.clock.now(), state_.record.last_modified_time);
    TRY_VOID(site_.journal.replace_document(id_, document, now));
    state_.record.document = document;
    state_.record.last_modified_time = now;
  }
  return record();
}

void JobRun::show(std::string message) {
  const std::lock_guard lock(mutex_);
  live_message_ = std::move(message);
}

Result<void> JobRun::end_unstarted() {
  JobEvent event;
  event.kind = JobEvent::Kind::finished;
  return record_event(event);
}

Result<void> JobRun::record_event(JobEvent event) {
  const std::lock_guard lock(mutex_);
  return record_locked(std::move(event));
}

Result<void> JobRun::record_locked(JobEvent event) {
  // Nothing in a job's history steps back in time, though clocks may.
  if (event.time == Time{}) event.time = site_.clock.now();
  event.time = std::max(event.time, state_.record.transitions.back().start);
  JobState next = state_;
  TRY_VOID(apply(next, event));
  TRY_VOID(site_.journal.append(id_, event, next));
  state_ = std::move(next);
  live_message_.clear();
  changed_.notify_all();
  on_event_(state_.record);
  spdlog::info("job {}: {}{}", state_.record.spec.name, to_string(event.kind),
               event.reason.empty() ? "" : ": " + event.reason);
  return {};
}

void JobRun::abandon() {
  abandoned_.request_stop();
}

void JobRun::run(std::stop_token stop) {
  std::stop_source ending;
  const auto end = [&] {
    ending.request_stop();
    preparation_stop_.request_stop();
    look("");
  };
  const std::stop_callback on_stop(stop, end);
  const std::stop_callback on_abandon(abandoned_.get_token(), end);
  for (;;) {
    try {
      return go_on(stop, ending.get_token());
    } catch (const std::exception& error) {
      // The job is not lost with it: it is taken up as after a restart.
      spdlog::error("job {}: {}", record().spec.name, error.what());
      resumed_ = true;
      leaves_something();
    }
    if (!wait_for(site_.clock, restart_pause, ending.get_token())) return;
  }
}

void JobRun::go_on(const std::stop_token& stop, const std::stop_token& ending) {
  JobWork work(*this, ending);
  while (take_step(work, stop, ending)) {
  }
}

bool JobRun::take_step(JobWork& work, const std::stop_token& stop, const std::stop_token& ending) {
  if (abandoned()) {
    work.discard();
    return false;
  }
  const Phase now = phase();
  if (now == Phase::ended) return false;
  if (stop.stop_requested()) {
    work.leave();
    return false;
  }
  auto event = work.perform(effect_of(now));
  if (!event) {
    if (event.error().kind == ErrorKind::cancelled) {
      await_next(now, ending);
      return true;
    }
    JobEvent failed;
    failed.kind = JobEvent::Kind::failed;
    failed.reason = classified(event.error().message, "InternalServerError: ");
    event = failed;
  }
  return record_outcome(*event, now, ending) || abandoned();
}

// Either the job is in another phase by now, or the daemon ends, of which the stores learn before
// the jobs do.
void JobRun::await_next(Phase of, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  site_.clock.wait_until(lock, changed_, stop, no_deadline,
                         [&] { return state_.life.phase != of; });
}

bool JobRun::record_outcome(const JobEvent& event, Phase of, std::stop_token stop) {
  for (;;) {
    const auto recorded = record_event(event);
    if (recorded) return true;
    if (recorded.error().kind == ErrorKind::conflict && phase() != of) return true;
    // Nothing may go on that is not in the journal: a disk that is full may have room later.
    spdlog::error("job {}: {}", record().spec.name, recorded.error().message);
    if (!wait_for(site_.clock, journal_pause, stop)) return false;
  }
}

}  // namespace trainyard
