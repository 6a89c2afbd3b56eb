#include "runtime/job/job_work.h"

#include <spdlog/spdlog.h>

#include "runtime/artifact/collector.h"
#include "runtime/job/container_plan.h"

namespace trainyard {

namespace {

constexpr std::chrono::seconds store_pause{5};
constexpr std::chrono::minutes room_patience{10};

}  // namespace

JobWork::JobWork(JobRun& job, std::stop_token stop)
    : job_(job),
      site_(job.site_),
      stop_(std::move(stop)),
      spec_(job.record().spec),
      labels_(job_labels(site_.data_directory_id, spec_.name)),
      all_known_(!job.resumed_ || job.phase() == Phase::queued) {
  spec_.image = image_to_run(spec_, site_.options);
  auto writer = site_.logs.open_job_log(job.id(), spec_.name);
  if (writer) {
    log_ = std::move(*writer);
  } else {
    spdlog::error("job {}: {}", spec_.name, writer.error().message);
  }
  log_line_ = [this](const std::string& line) {
    if (log_) log_->append_own(site_.clock.now(), "[trainyard] " + line);
  };
  if (!spec_.metric_definitions.empty()) metrics_ = make_metric_follower();
}

JobWork::~JobWork() {
  // The reader of the log writes into what dies with this object.
  stop_log();
  give_back_network(false);
}

void JobWork::stop_log() {
  for (TaskGroup* task : {log_task_.get(), metric_task_.get()}) {
    if (task == nullptr) continue;
    task->request_stop();
    task->join();
  }
}

Result<JobEvent> JobWork::perform(Effect effect) {
  switch (effect) {
    case Effect::prepare:
      return prepare();
    case Effect::watch:
      return watch();
    case Effect::halt:
      return halt();
    case Effect::collect:
      return collect();
    case Effect::clean:
      return clean();
    case Effect::wait_for_host: {
      // This thread is the free host.
      JobEvent event;
      event.kind = JobEvent::Kind::preparation_started;
      return event;
    }
    case Effect::none:
      break;
  }
  return failure(ErrorKind::internal, "a job that has ended has nothing to do");
}

Result<void> JobWork::require_log() {
  if (log_) return {};
  return failure(ErrorKind::internal,
                 "InternalServerError: the job's log cannot be written; the daemon's own log says "
                 "why");
}

void JobWork::leave() {
  const Phase phase = job_.phase();
  if (phase != Phase::queued && phase != Phase::preparing) return;
  give_back_network(all_known_ || removed_leftovers());
}

void JobWork::discard() {
  stop_log();
  give_back_network(removed_leftovers());
}

bool JobWork::removed_leftovers() {
  const auto removed = remove_leftovers();
  if (!removed) spdlog::warn("job {}: {}", spec_.name, removed.error().message);
  return removed.has_value();
}

Result<JobEvent> JobWork::collect() {
  JobEvent event;
  event.kind = JobEvent::Kind::artifacts_stored;
  // The results cannot be made again.
  const Time began = site_.clock.now();
  auto collected = store_artifacts(event);
  // Who stops the job from now on, when it is known that they cannot be stored, will not wait.
  std::stop_source impatient;
  {
    const std::lock_guard lock(job_.mutex_);
    job_.patience_stop_ = impatient;
  }
  const std::stop_callback on_end(stop_, [&] { impatient.request_stop(); });
  while (!collected && site_.clock.now() - began < patience_with(collected.error())) {
    const bool full = collected.error().kind == ErrorKind::limit_exceeded;
    job_.show(fmt::format("{}: {}",
                          full ? "Waiting for room to store the results"
                               : "The results are about to be stored once more",
                          collected.error().message));
    if (!wait_for(site_.clock, store_pause, impatient.get_token())) break;
    collected = store_artifacts(event);
  }
  if (collected) return event;
  if (stop_.stop_requested()) return failure(ErrorKind::cancelled, "the daemon ends");
  if (collected.error().kind == ErrorKind::cancelled) return failure(collected.error());
  event.kind = JobEvent::Kind::failed;
  event.reason = classified(collected.error().message, "ClientError: Artifact upload failed:");
  return event;
}

Result<void> JobWork::store_artifacts(JobEvent& event) {
  CollectOptions options;
  options.compress = spec_.compress_output;
  options.read_failure = job_.exit_code() != 0;
  return with_engine(stop_, [&]() -> Result<void> {
    TRY(const std::string id, container());
    TRY(const ArtifactDestination destination, open_destination(spec_, site_.objects, site_.roots));
    CollectedArtifacts artifacts =
        collect_artifacts(site_.engine, id, destination, options, log_line_, stop_);
    event.failure_text = artifacts.failure_text.value_or("");
    if (!artifacts.error) return {};
    if (artifacts.error->kind == ErrorKind::not_found) TRY_VOID(require_container(id));
    return failure(std::move(*artifacts.error));
  });
}

std::chrono::seconds JobWork::patience_with(const Error& error) const {
  switch (error.kind) {
    case ErrorKind::limit_exceeded:
      return room_patience;  // a disk that is full may have room later
    case ErrorKind::internal:
    case ErrorKind::timed_out:
      // Of the Engine or of a disk. The next answer may be a better one.
      return engine_given_up_ ? std::chrono::seconds(0) : site_.options.engine_wait;
    default:
      return std::chrono::seconds(0);
  }
}

bool JobWork::keeps_leftovers() const {
  const std::lock_guard lock(job_.mutex_);
  const bool failed = job_.state_.life.ending == Ending::failure;
  return site_.options.keep == KeepPolicy::always ||
         (site_.options.keep == KeepPolicy::failed && failed);
}

Result<void> JobWork::remove_leftovers() {
  // What cannot be removed keeps none of the rest.
  Result<void> removed;
  TRY(const auto containers, site_.engine.list_containers(labels_));
  for (const ContainerState& state : containers) {
    keep_first_error(removed, site_.engine.remove_container(state.id));
  }
  TRY(const auto volumes, site_.engine.list_volumes(labels_));
  for (const ResourceSummary& volume : volumes) {
    keep_first_error(removed, site_.engine.remove_volume(volume.name));
  }
  keep_first_error(removed, site_.stager.clean(spec_.name));
  return removed;
}

Result<JobEvent> JobWork::clean() {
  stop_log();
  TRY_VOID(finish_metrics());
  bool emptied = true;
  if (!keeps_leftovers()) {
    const auto remove = [&]() -> Result<void> {
      if (!all_known_) return remove_leftovers();
      const std::string id = job_.container();
      if (!id.empty()) TRY_VOID(site_.engine.remove_container(id));
      for (const std::string& volume : volumes_) TRY_VOID(site_.engine.remove_volume(volume));
      return site_.stager.clean(spec_.name);
    };
    const auto removed = engine_given_up_ ? remove() : with_engine(stop_, remove);
    if (!removed && removed.error().kind == ErrorKind::cancelled) return failure(removed.error());
    // The job ends all the same; what is left carries its labels and goes with a sweep.
    if (!removed) spdlog::warn("job {}: {}", spec_.name, removed.error().message);
    emptied = removed.has_value();
    if (!emptied) job_.leaves_something();
  }
  const bool had_network = network_.has_value();
  give_back_network(emptied);
  if (!had_network && !all_known_) {
    if (const auto swept = site_.networks.sweep(); !swept) {
      spdlog::warn("job {}: {}", spec_.name, swept.error().message);
    }
  }
  if (log_) {
    if (const auto flushed = log_->flush(); !flushed) {
      spdlog::error("job {}: {}", spec_.name, flushed.error().message);
    }
  }
  // Whoever sees the job ended may remove its log stream.
  collector_.reset();
  log_.reset();
  JobEvent event;
  event.kind = JobEvent::Kind::finished;
  return event;
}

}  // namespace trainyard
