#include "api/cloudwatch/metric_input.h"
#include "api/cloudwatch/operations.h"
#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

constexpr std::int64_t most_datapoints = 1440;

ApiResult<std::vector<Statistic>> statistics_of(const Json& in) {
  if (in.contains("Statistics") && in.contains("ExtendedStatistics")) {
    return failure(invalid_combination(
        "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have "
        "specified both."));
  }
  if (!in.contains("Statistics") && !in.contains("ExtendedStatistics")) {
    return failure(missing_parameter(
        "At least one of the parameters Statistics and ExtendedStatistics must be specified."));
  }
  const bool extended = in.contains("ExtendedStatistics");
  std::vector<Statistic> statistics;
  for (const Json& name : in.at(extended ? "ExtendedStatistics" : "Statistics")) {
    const auto statistic = parse_statistic(name.get_ref<const std::string&>());
    if (!statistic || statistic->percentile.has_value() != extended) {
      return failure(invalid_value(
          fmt::format("The value {} for parameter {} is not supported; {}", name.get<std::string>(),
                      extended ? "ExtendedStatistics" : "Statistics",
                      "percentiles (p0 to p100) and the five simple statistics are.")));
    }
    statistics.push_back(*statistic);
  }
  return statistics;
}

// As the service refuses what would be too many, however few there are.
ApiResult<> check_count(const Stretch& stretch) {
  // In seconds, because a difference of times need not fit into nanoseconds.
  const auto end = std::chrono::ceil<seconds>(stretch.end.time_since_epoch());
  const auto start = std::chrono::floor<seconds>(stretch.start.time_since_epoch());
  const auto requested = (end - start - seconds(1)) / stretch.period + 1;
  if (requested <= most_datapoints) return {};
  return failure(invalid_combination(fmt::format(
      "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the "
      "datapoints requested by increasing Period, or decreasing the time range.",
      requested, most_datapoints)));
}

Json datapoint(const MetricPeriod& period, const std::vector<Statistic>& statistics) {
  Json point{{"Timestamp", epoch_seconds(period.start)}, {"Unit", period.unit}};
  std::size_t percentile = 0;
  for (const Statistic& statistic : statistics) {
    const auto value = value_of(statistic, period, percentile);
    if (statistic.percentile) ++percentile;
    if (!value) continue;
    if (statistic.percentile) {
      point["ExtendedStatistics"][statistic.name] = *value;
    } else {
      point[statistic.name] = *value;
    }
  }
  return point;
}

}  // namespace

ApiResult<Json> get_metric_statistics(const CloudWatchContext& context, const Json& in) {
  TRY(const auto statistics, statistics_of(in));
  TRY(const Stretch stretch,
      parse_stretch(in, in.at("Period").get<std::int64_t>(), context.clock.now()));
  TRY_VOID(check_count(stretch));
  MetricQuery query;
  TRY(query.metric, metric_name(in.at("Namespace").get<std::string>(), in));
  query.start = stretch.start;
  query.end = stretch.end;
  query.period = stretch.period;
  if (in.contains("Unit")) query.unit = in["Unit"].get<std::string>();
  for (const Statistic& statistic : statistics) {
    if (statistic.percentile) query.percentiles.push_back(*statistic.percentile);
  }
  // Each period may have a datapoint of every unit.
  const auto periods = context.metrics.query(query, most_datapoints * 30);
  if (!periods) return failure(store_error(periods.error()));
  Json points = Json::array();
  for (const MetricPeriod& period : *periods) points.push_back(datapoint(period, statistics));
  return Json{{"Label", query.metric.name}, {"Datapoints", std::move(points)}};
}

}  // namespace trainyard::api
