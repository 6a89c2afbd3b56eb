#include "runtime/job/supervisor.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/job/container_plan.h"
#include "runtime/job/job_key.h"
#include "runtime/job/pip_cache.h"

namespace trainyard {

namespace {

constexpr std::chrono::milliseconds reconnect_pause{500};
constexpr std::size_t housekeeping_tasks = 16;
// Before jobs that got no thread are begun again.
constexpr std::chrono::seconds starved_pause{1};
// Between attempts to remove what could not be removed.
constexpr std::chrono::seconds first_sweep_pause{1};
constexpr std::chrono::seconds last_sweep_pause{300};

}  // namespace

Supervisor::Supervisor(JobSite& site)
    : site_(site),
      labels_(data_directory_labels(site.data_directory_id)),
      housekeeping_("housekeeping", housekeeping_tasks),
      jobs_("job", static_cast<std::size_t>(site.options.max_instances) + queue_limit) {
}

Supervisor::~Supervisor() {
  stop();
}

Result<void> Supervisor::start() {
  const std::lock_guard lock(mutex_);
  TRY(engine_used_, site_.journal.ever_held());
  TRY_VOID(take_up_unfinished());
  for (const auto task : {&Supervisor::watch_engine, &Supervisor::begin_starved}) {
    if (!housekeeping_.spawn([this, task](const std::stop_token& stop) { (this->*task)(stop); })) {
      return failure(ErrorKind::limit_exceeded,
                     "this machine gives the daemon no more threads: raise the limit of processes "
                     "(ulimit -u, or pids of the container)");
    }
  }
  return {};
}

void Supervisor::stop() {
  housekeeping_.request_stop();
  jobs_.request_stop();
  housekeeping_.join();
  jobs_.join();
  site_.networks.close();
}

void Supervisor::take_up(StoredJob job, bool resumed) {
  std::string key = job_key(job.state.record.spec.name);
  const int hosts = job.state.record.spec.instance_count;
  const bool queued = job.state.life.phase == Phase::queued;
  auto run = std::make_shared<JobRun>(site_, job.id, std::move(job.state), resumed,
                                      [this](const JobRecord& record) { watchers_.tell(record); });
  active_[key] = ActiveJob{std::move(run), hosts, false};
  if (queued) queue_.push_back(std::move(key));
}

Result<void> Supervisor::take_up_unfinished() {
  TRY(auto jobs, site_.journal.unfinished());
  for (StoredJob& job : jobs) {
    if (find_active(job.state.record.spec.name) == nullptr) take_up(std::move(job), true);
  }
  fill_hosts();
  return {};
}

bool Supervisor::begin_work(const std::string& key, ActiveJob& job) {
  job.working = true;
  const bool begun = jobs_.spawn([this, key, job](std::stop_token stop) {
    job.run->run(stop);
    finish_work(key, job);
  });
  if (!begun) {
    job.working = false;
    starved_ = true;
    starved_changed_.notify_all();
    return false;
  }
  engine_used_ = true;
  hosts_in_use_ += job.hosts;
  return true;
}

void Supervisor::fill_hosts() {
  if (clearing_) return;
  begin_all();
  show_queue();
}

void Supervisor::begin_all() {
  // Jobs that had a host keep it, whatever the limit is now.
  for (auto& [key, job] : active_) {
    const Phase phase = job.run->phase();
    if (job.working || phase == Phase::queued || phase == Phase::ended) continue;
    if (!begin_work(key, job)) return;
  }
  while (!queue_.empty()) {
    const std::string key = queue_.front();
    ActiveJob& job = active_.at(key);
    if (hosts_in_use_ + job.hosts > site_.options.max_instances) return;
    job.run->show(std::string(status_message::preparing));
    if (!begin_work(key, job)) return;
    queue_.pop_front();
  }
}

// The machine gives no thread just now (its limit of processes, say).
void Supervisor::begin_starved(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      starved_changed_.wait(lock, stop, [&] { return starved_; });
      starved_ = false;
    }
    if (!wait_for(site_.clock, starved_pause, stop)) return;
    const std::lock_guard lock(mutex_);
    fill_hosts();
  }
}

void Supervisor::show_queue() {
  std::size_t place = 0;
  for (const std::string& key : queue_) {
    active_.at(key).run->show(
        fmt::format("Waiting for a free host: {} of {} are in use, {} jobs are ahead in the queue",
                    hosts_in_use_, site_.options.max_instances, place++));
  }
}

void Supervisor::finish_work(const std::string& key, const ActiveJob& job) {
  const std::lock_guard lock(mutex_);
  hosts_in_use_ -= job.hosts;
  // A job that has not ended is left for the next daemon. One that has may have been removed by
  // now, and its name taken by another.
  const auto known = active_.find(key);
  const bool over = job.run->phase() == Phase::ended || job.run->abandoned();
  if (over && known != active_.end() && known->second.run == job.run) {
    active_.erase(known);
    active_changed_.notify_all();
  }
  if (jobs_.stop_token().stop_requested()) return;
  if (job.run->something_left()) sweep_again();
  if (job.run->abandoned() && !clearing_) {
    // It was to be forgotten, but whoever wanted that has given up: it has its host still.
    resume_forgotten();
  } else {
    fill_hosts();
  }
}

void Supervisor::resume_forgotten() {
  if (const auto resumed = take_up_unfinished(); !resumed) {
    spdlog::error("jobs that were to be forgotten wait for the next start: {}",
                  resumed.error().message);
    fill_hosts();
  }
}

Supervisor::ActiveJob* Supervisor::find_active(const std::string& name) {
  const auto job = active_.find(job_key(name));
  return job == active_.end() ? nullptr : &job->second;
}

std::shared_ptr<JobRun> Supervisor::active_run(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const ActiveJob* job = find_active(name);
  return job == nullptr ? nullptr : job->run;
}

Result<JobRecord> Supervisor::create(JobSpec spec, std::string document, Tags tags) {
  const std::lock_guard lock(mutex_);
  if (clearing_) {
    return failure(ErrorKind::unavailable, "every job is being removed; try again in a moment");
  }
  if (spec.instance_count > site_.options.max_instances) {
    return failure(ErrorKind::limit_exceeded,
                   fmt::format("the job needs {} hosts and there are {}: raise --max-instances",
                               spec.instance_count, site_.options.max_instances));
  }
  if (queue_.size() >= queue_limit) {
    return failure(ErrorKind::limit_exceeded,
                   fmt::format("{} jobs are waiting for a host already", queue_.size()));
  }
  JobEvent accepted;
  accepted.time = site_.clock.now();
  JobState state = begin_history(std::move(spec), std::move(document), accepted);
  TRY(const JobId id, site_.journal.add(state, tags));
  const JobRecord record = state.record;
  take_up(StoredJob{id, std::move(state)}, false);
  fill_hosts();
  return record;
}

Result<JobRecord> Supervisor::describe(const std::string& name) {
  if (const auto run = active_run(name)) return with_metrics(run->id(), run->record());
  TRY(StoredJob job, site_.journal.find(name));
  return with_metrics(job.id, std::move(job.state.record));
}

Result<JobRecord> Supervisor::with_metrics(JobId id, JobRecord record) {
  if (record.spec.metric_definitions.empty()) return record;
  TRY(JobMetrics metrics, site_.metrics.of_job(id));
  record.final_metrics = std::move(metrics.finals);
  return record;
}

JobWatch Supervisor::watch(const std::string& name, OnJobChange on_change) {
  return watchers_.watch(name, std::move(on_change));
}

Result<JobPage> Supervisor::list(const JobQuery& query) {
  return site_.journal.list(query);
}

Result<void> Supervisor::stop(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const ActiveJob* job = find_active(name);
  if (job == nullptr) {
    TRY_VOID(site_.journal.find(name));
    return failure(ErrorKind::conflict, fmt::format("training job {} has ended", name));
  }
  const bool queued = job->run->phase() == Phase::queued;
  TRY_VOID(job->run->request_stop());
  if (job->working || !queued) return {};
  // Nothing of it is anywhere yet.
  TRY_VOID(job->run->end_unstarted());
  const std::string key = job_key(name);
  std::erase(queue_, key);
  active_.erase(key);
  show_queue();
  return {};
}

Result<void> Supervisor::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const ActiveJob* job = find_active(name)) {
    if (job->run->phase() != Phase::ended) {
      return failure(ErrorKind::conflict, fmt::format("training job {} has not ended", name));
    }
    active_.erase(job_key(name));
  }
  TRY(const StoredJob job, site_.journal.find(name));
  TRY_VOID(site_.journal.remove(job.id));
  watchers_.tell_gone(name);
  TRY_VOID(site_.metrics.forget_job(job.id));
  // What was kept of it for debugging has no owner any more.
  if (site_.options.keep != KeepPolicy::never) {
    housekeeping_.spawn([this](std::stop_token stop) { sweep(stop); });
  }
  return {};
}

Result<JobRecord> Supervisor::replace_document(const std::string& name, std::string document) {
  if (const auto run = active_run(name)) return run->replace_document(document);
  TRY(StoredJob job, site_.journal.find(name));
  const Time now = std::max(site_.clock.now(), job.state.record.last_modified_time);
  TRY_VOID(site_.journal.replace_document(job.id, document, now));
  job.state.record.document = std::move(document);
  job.state.record.last_modified_time = now;
  return std::move(job.state.record);
}

Result<JobId> Supervisor::id_of(const std::string& name) {
  if (const auto run = active_run(name)) return run->id();
  TRY(const StoredJob job, site_.journal.find(name));
  return job.id;
}

Result<Tags> Supervisor::tags(const std::string& name) {
  TRY(const JobId id, id_of(name));
  return site_.journal.tags(id);
}

Result<void> Supervisor::replace_tags(const std::string& name, Tags tags) {
  TRY(const JobId id, id_of(name));
  return site_.journal.replace_tags(id, tags);
}

Result<void> Supervisor::read_log(
    const std::string& name, const std::function<Result<void>(Time, std::string_view)>& on_line) {
  TRY(const JobId id, id_of(name));
  return site_.logs.read_job_log(id, on_line);
}

Supervisor::Cleared Supervisor::clear(std::chrono::seconds patience, const std::stop_token& stop) {
  const std::lock_guard one(clear_mutex_);
  abandon_all();
  const auto abandoned = await_abandoned(patience, stop);
  Cleared cleared = abandoned ? forget_all() : Cleared{false, abandoned};
  const std::lock_guard lock(mutex_);
  clearing_ = false;
  if (!cleared.forgotten && !stop.stop_requested()) resume_forgotten();
  return cleared;
}

void Supervisor::abandon_all() {
  const std::lock_guard lock(mutex_);
  clearing_ = true;
  // Those that wait go on waiting, in case this comes to nothing.
  for (auto& [key, job] : active_) {
    if (job.working) job.run->abandon();
  }
}

Result<void> Supervisor::await_abandoned(std::chrono::seconds patience,
                                         const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto none_works = [this] {
    return std::none_of(active_.begin(), active_.end(),
                        [](const auto& entry) { return entry.second.working; });
  };
  const Time deadline = site_.clock.now() + patience;
  if (site_.clock.wait_until(lock, active_changed_, stop, deadline, none_works)) return {};
  if (stop.stop_requested()) {
    return failure(ErrorKind::cancelled, "jobs were still at work when the daemon was stopped");
  }
  return failure(ErrorKind::timed_out,
                 fmt::format("jobs were still at work after {} s; see whether the Docker Engine "
                             "answers (trainyard doctor), then try again",
                             patience.count()));
}

Supervisor::Cleared Supervisor::forget_all() {
  if (const auto cleared = site_.journal.clear(); !cleared) return {false, cleared};
  {
    const std::lock_guard lock(mutex_);
    active_.clear();
    queue_.clear();
  }
  watchers_.tell_all_gone();
  const auto logs = site_.logs.clear();
  const auto swept = sweep_forgotten();
  return {true, logs ? swept : logs};
}

Result<void> Supervisor::sweep_forgotten() {
  {
    const std::lock_guard lock(mutex_);
    if (!engine_used_) return {};
  }
  // Nobody knows these jobs any more, so everything that carries our label goes.
  if (const auto swept = sweep_once({}); !swept) {
    return failure(swept.error().kind,
                   fmt::format("every job is forgotten, but something of them may be left in the "
                               "Docker Engine: {}",
                               swept.error().message));
  }
  const std::lock_guard lock(mutex_);
  engine_used_ = false;
  return {};
}

void Supervisor::watch_engine(const std::stop_token& stop) {
  const auto on_event = [&](const ContainerEvent& event) {
    if (event.reconnected) {
      // Anything may have happened while nobody listened.
      housekeeping_.spawn([this](std::stop_token stopping) { sweep(stopping); });
    } else if (event.action != "die") {
      return;
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [key, job] : active_) {
      job.run->look(event.reconnected ? "" : event.container_id);
    }
  };
  while (!stop.stop_requested()) {
    const auto watched = site_.engine.watch_containers(labels_, on_event, stop);
    if (!watched && watched.error().kind != ErrorKind::cancelled) {
      spdlog::debug("the Engine's events: {}", watched.error().message);
    }
    wait_for(site_.clock, reconnect_pause, stop);
  }
}

bool Supervisor::may_remove(const std::string& job_name) {
  if (active_run(job_name)) return false;
  if (site_.options.keep == KeepPolicy::never) return true;
  const auto job = site_.journal.find(job_name);
  if (!job) return job.error().kind == ErrorKind::not_found;
  return site_.options.keep == KeepPolicy::failed && job->state.record.status != JobStatus::failed;
}

void Supervisor::sweep_again() {
  ++sweeps_asked_;
  if (std::exchange(sweeping_again_, true)) return;
  const bool begun = housekeeping_.spawn([this](std::stop_token stop) {
    for (auto pause = first_sweep_pause; wait_for(site_.clock, pause, stop);
         pause = std::min(pause * 2, last_sweep_pause)) {
      if (sweep_all_asked(stop)) return;
    }
  });
  if (!begun) sweeping_again_ = false;
}

bool Supervisor::sweep_all_asked(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const std::uint64_t asked = sweeps_asked_;
  lock.unlock();
  const bool done = sweep(stop);
  lock.lock();
  // Whoever asked meanwhile may have left what this sweep did not see.
  if (!done || asked != sweeps_asked_) return false;
  sweeping_again_ = false;
  return true;
}

bool Supervisor::sweep(const std::stop_token& stop) {
  if (const auto swept = sweep_once(stop); !swept) {
    spdlog::warn("what earlier jobs left in the Engine could not be removed: {}",
                 swept.error().message);
    return false;
  }
  return true;
}

Result<void> Supervisor::sweep_once(const std::stop_token& stop) {
  // What cannot be removed keeps none of the rest.
  Result<void> result;
  TRY(const auto containers, site_.engine.list_containers(labels_));
  for (const ContainerState& container : containers) {
    if (stop.stop_requested()) return {};
    const auto job = container.labels.find(job_label);
    const std::string name = job == container.labels.end() ? "" : job->second;
    if (may_remove(name)) {
      keep_first_error(result, site_.engine.remove_container(container.id));
    }
  }
  TRY(const auto volumes, site_.engine.list_volumes(labels_));
  for (const ResourceSummary& volume : volumes) {
    if (stop.stop_requested()) return {};
    if (volume.labels.contains(cache_label)) continue;
    const auto job = volume.labels.find(job_label);
    const std::string name = job == volume.labels.end() ? "" : job->second;
    if (!may_remove(name)) continue;
    const auto removed = site_.engine.remove_volume(volume.name);
    if (!removed && removed.error().kind != ErrorKind::conflict) {
      keep_first_error(result, removed);
    }
  }
  keep_first_error(result, site_.stager.sweep([&](const std::string& name) {
    return !stop.stop_requested() && may_remove(name);
  }));
  keep_first_error(result, site_.networks.sweep());
  return result;
}

}  // namespace trainyard
