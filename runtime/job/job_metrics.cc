#include <spdlog/spdlog.h>

#include "runtime/job/job_work.h"

// How the log of a job is searched for the metrics that it defines.

namespace trainyard {

namespace {

// How long a job that has ended may wait for the search of its log.
constexpr std::chrono::seconds patience{60};

}  // namespace

std::unique_ptr<MetricFollower> JobWork::make_metric_follower() {
  const auto open_log = [this]() -> Result<LogReader> {
    TRY(const LogStream stream, site_.logs.catalog().find_job_stream(job_.id()));
    return site_.logs.store().open_reader(stream.key());
  };
  return std::make_unique<MetricFollower>(
      FollowedJob{job_.id(), spec_.name, spec_.metric_definitions}, open_log, site_.metrics,
      site_.clock, log_line_);
}

void JobWork::follow_metrics() {
  if (!metrics_ || metric_task_) return;
  metric_task_ = std::make_unique<TaskGroup>("job metrics", 1);
  metric_task_->spawn([this](std::stop_token stop) { metrics_->follow(stop); });
}

// The log is whole by now and nobody searches it: what is left of it is searched here.
Result<void> JobWork::finish_metrics() {
  if (!metrics_) return {};
  const auto found = metrics_->catch_up(stop_, site_.clock.now() + patience);
  // Otherwise the next daemon goes on here.
  if (stop_.stop_requested()) return failure(ErrorKind::cancelled, "the daemon ends");
  if (!found) spdlog::error("metrics of job {}: {}", spec_.name, found.error().message);
  return {};
}

}  // namespace trainyard
