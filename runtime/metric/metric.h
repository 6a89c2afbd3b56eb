#pragma once

// Metrics as values: series of samples, and what a reader asks of them.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"

namespace trainyard {

// No value lies farther from 0, so that sums of many stay numbers: the service's own bound.
inline constexpr double largest_metric_value = 0x1p360;

// What tells one series from all others.
struct MetricName {
  std::string name_space;
  std::string name;
  std::map<std::string, std::string> dimensions;

  friend auto operator<=>(const MetricName&, const MetricName&) = default;
};

// One value, or what is known of several: then each of them is between `minimum` and `maximum`.
struct MetricSample {
  Time time{};
  std::string unit = "None";
  double count = 1;
  double sum = 0;
  double minimum = 0;
  double maximum = 0;

  static MetricSample of(Time time, double value, double count = 1) {
    return {time, "None", count, value * count, value, value};
  }
};

struct MetricData {
  MetricName metric;
  std::vector<MetricSample> samples;
};

// A stretch of one series, cut into periods that are counted from `start`.
struct MetricQuery {
  MetricName metric;
  Time start{};
  Time end{};  // exclusive
  std::chrono::seconds period{60};
  std::optional<std::string> unit;  // absent: every unit on its own
  std::vector<double> percentiles;  // from 0 to 100
};

// The samples of one period and unit. Periods without any are left out.
struct MetricPeriod {
  Time start{};
  std::string unit;
  double count = 0;
  double sum = 0;
  double minimum = 0;
  double maximum = 0;
  // In the order of the query's; absent where samples of several values are among them.
  std::vector<std::optional<double>> percentiles;
};

// Which series a listing names.
struct MetricListQuery {
  std::optional<std::string> name_space{};
  std::optional<std::string> name{};
  std::map<std::string, std::optional<std::string>> dimensions{};  // names, with or without a value
  std::optional<Time> active_since{};
  std::optional<MetricName> after{};  // continue behind this one
  std::size_t limit = 500;
};

struct MetricPage {
  std::vector<MetricName> metrics;  // in order
  bool more = false;
};

// The latest value of a metric of a job.
struct FinalMetric {
  std::string name;
  double value = 0;
  Time time{};
};

}  // namespace trainyard
