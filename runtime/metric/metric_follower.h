#pragma once

// Reads the log of one job as it grows, and keeps what the job's metric definitions find there.
//
// The metrics of a job are a view of its log: what was found and how far was searched are
// remembered together, so that after any end of the daemon the search goes on where it stood, and
// no value is lost or counted twice. It runs beside the log, so no expression can delay a line.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/log/log_reader.h"
#include "runtime/metric/line_metrics.h"
#include "runtime/store/metric_store.h"

namespace trainyard {

// What the service calls the series of training jobs.
inline constexpr const char* training_job_name_space = "/aws/sagemaker/TrainingJobs";
inline constexpr const char* training_job_dimension = "TrainingJobName";

struct FollowedJob {
  std::int64_t id = 0;
  std::string name;
  std::vector<MetricDefinition> definitions;
};

// Used by one thread at a time.
class MetricFollower {
 public:
  using OpenLog = std::function<Result<LogReader>()>;

  // Holds references; all must outlive it. `notice` gets lines for the job's log.
  MetricFollower(FollowedJob job, OpenLog open_log, MetricStore& metrics, Clock& clock,
                 std::function<void(const std::string&)> notice);

  // Searches what the log holds beyond where the last search ended, until `deadline` at most.
  Result<void> catch_up(std::stop_token stop, Time deadline = no_deadline);

  // Searches now and then until `stop` is requested.
  void follow(std::stop_token stop);

 private:
  Result<void> begin();
  void take(const StoredEvent& event);
  Result<void> remember();

  const FollowedJob job_;
  const OpenLog open_log_;
  MetricStore& metrics_;
  Clock& clock_;
  std::function<void(const std::string&)> notice_;
  LineMetrics lines_;

  bool begun_ = false;
  std::uint64_t next_event_ = 0;
  std::uint64_t remembered_ = 0;             // value of next_event_ in the store
  std::map<std::string, MetricData> found_;  // since then, by metric
};

}  // namespace trainyard
