#pragma once

// What is remembered of metrics: what clients put, and what training jobs print.
//
// Bounded: of all samples only the latest are kept, and a series as long as there are samples of
// it; where a new series has no room, those go that nothing was put to for the longest time. Kept
// over restarts; a power cut may take the last moments. Any thread.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/metric/metric.h"
#include "runtime/store/sqlite.h"

namespace trainyard {

// How far the log of a job has been searched, and what was found.
struct JobMetrics {
  std::uint64_t next_event = 0;  // of its log stream
  std::vector<FinalMetric> finals;
};

struct MetricLimits {
  std::int64_t samples = 2'000'000;
  std::int64_t series = 100'000;
};

class MetricStore {
 public:
  static Result<std::unique_ptr<MetricStore>> open(const std::filesystem::path& file,
                                                   const MetricLimits& limits = {});

  // All of it or nothing.
  Result<void> put(std::span<const MetricData> data);

  // In order of time, then of units. Not more than `limit` periods: limit_exceeded.
  Result<std::vector<MetricPeriod>> query(const MetricQuery& query, std::size_t limit);
  Result<MetricPage> list(const MetricListQuery& query);

  // What a job's log was found to hold, with the place where the search goes on: either both are
  // remembered or neither.
  Result<void> put_of_job(std::int64_t job, const JobMetrics& metrics,
                          std::span<const MetricData> data);
  // Nothing found, from the beginning, for a job that is not known.
  Result<JobMetrics> of_job(std::int64_t job);
  // The series stay, as the service keeps them.
  Result<void> forget_job(std::int64_t job);

  Result<void> clear();

 private:
  MetricStore(Database database, const MetricLimits& limits)
      : database_(std::move(database)), limits_(limits) {}

  Result<void> put_locked(std::span<const MetricData> data);
  Result<std::int64_t> series_id(const MetricName& metric);
  Result<void> make_room();
  Result<void> drop_oldest();
  Result<void> add_percentiles(const MetricQuery& query, std::int64_t series,
                               std::vector<MetricPeriod>& periods);

  std::mutex mutex_;  // guards everything below
  Database database_;
  const MetricLimits limits_;
};

}  // namespace trainyard
