#pragma once

// What several operations take: metrics, statistics, stretches of time.

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/wire/aws_error.h"
#include "runtime/metric/metric.h"

namespace trainyard::api {

AwsError invalid_value(std::string message);
AwsError invalid_combination(std::string message);
AwsError missing_parameter(std::string message);
// The store of metrics failed, which is no fault of the request's.
AwsError store_error(const Error& error);

// From a structure with Namespace, MetricName and Dimensions. InvalidParameterValue for a dimension
// that is named twice.
ApiResult<MetricName> metric_name(const std::string& name_space, const nlohmann::json& in);
nlohmann::json metric_json(const MetricName& metric);

// Average, Sum, Minimum, Maximum, SampleCount, or a percentile such as "p99.9".
struct Statistic {
  std::string name;
  std::optional<double> percentile;
};
std::optional<Statistic> parse_statistic(const std::string& name);

// The value of a period. `percentile` is the index of the statistic's among the query's. Nothing
// where a percentile is not known.
std::optional<double> value_of(const Statistic& statistic, const MetricPeriod& period,
                               std::size_t percentile);

// The members StartTime and EndTime: the start rounded down as the service does it, to whole
// minutes, or, of longer ago, to five minutes or an hour; for periods below a minute to the period.
// InvalidParameterValue where there is nothing between them, or where the period is none of the
// service's.
struct Stretch {
  Time start{};
  Time end{};
  std::chrono::seconds period{60};
};
ApiResult<Stretch> parse_stretch(const nlohmann::json& in, std::int64_t period, Time now);

}  // namespace trainyard::api
