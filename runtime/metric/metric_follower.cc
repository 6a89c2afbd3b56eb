#include "runtime/metric/metric_follower.h"

#include <spdlog/spdlog.h>

namespace trainyard {

namespace {

// Metrics are there less than a second after their line.
constexpr std::chrono::milliseconds pause{250};
// So much is searched before what was found is remembered.
constexpr std::uint64_t events_at_once = 20'000;

// Lines of the daemon's own are no output of the job.
constexpr std::string_view own_mark = "[trainyard] ";

}  // namespace

MetricFollower::MetricFollower(FollowedJob job, OpenLog open_log, MetricStore& metrics,
                               Clock& clock, std::function<void(const std::string&)> notice)
    : job_(std::move(job)),
      open_log_(std::move(open_log)),
      metrics_(metrics),
      clock_(clock),
      notice_(std::move(notice)),
      lines_(job_.definitions, notice_) {
}

Result<void> MetricFollower::begin() {
  if (begun_) return {};
  TRY(const JobMetrics known, metrics_.of_job(job_.id));
  next_event_ = remembered_ = known.next_event;
  begun_ = true;
  return {};
}

void MetricFollower::take(const StoredEvent& event) {
  next_event_ = event.number + 1;
  if (event.message.starts_with(own_mark)) return;
  lines_.search(event.message, [&](const std::string& name, double value) {
    MetricData& data = found_[name];
    data.metric = {training_job_name_space, name, {{training_job_dimension, job_.name}}};
    data.samples.push_back(MetricSample::of(event.time, value));
  });
}

Result<void> MetricFollower::remember() {
  if (next_event_ == remembered_) return {};
  JobMetrics metrics{next_event_, {}};
  std::vector<MetricData> data;
  for (const auto& [name, one] : found_) {
    const MetricSample& last = one.samples.back();
    metrics.finals.push_back({name, last.sum, last.time});
    data.push_back(one);
  }
  TRY_VOID(metrics_.put_of_job(job_.id, metrics, data));
  remembered_ = next_event_;
  found_.clear();
  return {};
}

Result<void> MetricFollower::catch_up(std::stop_token stop, Time deadline) {
  TRY_VOID(begin());
  // A search that failed is repeated from where it was last remembered.
  next_event_ = remembered_;
  found_.clear();
  TRY(LogReader reader, open_log_());
  TRY_VOID(reader.seek_event(next_event_));
  while (!stop.stop_requested()) {
    TRY(const StoredEvent* event, reader.next());
    if (event == nullptr) return remember();
    // One line can take long: expressions are the user's.
    if (clock_.now() >= deadline) {
      notice_("the rest of the log was not searched for metrics: that takes too long");
      return remember();
    }
    take(*event);
    if (next_event_ - remembered_ >= events_at_once) TRY_VOID(remember());
  }
  return remember();
}

void MetricFollower::follow(std::stop_token stop) {
  bool failing = false;
  do {
    const auto done = catch_up(stop);
    // A full disk is told of once, not with every search.
    if (!done && !failing) spdlog::error("metrics of job {}: {}", job_.name, done.error().message);
    failing = !done.has_value();
  } while (wait_for(clock_, pause, stop));
}

}  // namespace trainyard
