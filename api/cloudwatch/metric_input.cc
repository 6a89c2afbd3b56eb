#include "api/cloudwatch/metric_input.h"

#include <algorithm>
#include <charconv>

#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;
using std::chrono::seconds;

// The service keeps coarser data of longer ago, and rounds accordingly.
constexpr std::chrono::days minutes_kept{15};
constexpr std::chrono::days five_minutes_kept{63};

constexpr std::int64_t short_periods[] = {1, 5, 10, 20, 30};

seconds grain_of(Time start, std::int64_t period, Time now) {
  if (period < 60) return seconds(period);
  // Not `now - start`, which need not fit.
  if (start > now - minutes_kept) return seconds(60);
  return start > now - five_minutes_kept ? seconds(300) : seconds(3600);
}

Time round_down(Time time, seconds grain) {
  const auto since_epoch = std::chrono::floor<seconds>(time.time_since_epoch());
  const auto rest = since_epoch % grain;
  return Time(since_epoch - (rest < seconds(0) ? rest + grain : rest));
}

}  // namespace

AwsError invalid_value(std::string message) {
  return {"InvalidParameterValueException", std::move(message)};
}

AwsError invalid_combination(std::string message) {
  return {"InvalidParameterCombinationException", std::move(message)};
}

AwsError missing_parameter(std::string message) {
  return {"MissingRequiredParameterException", std::move(message)};
}

AwsError store_error(const Error& error) {
  return {"InternalServiceFault", error.message, 500};
}

ApiResult<MetricName> metric_name(const std::string& name_space, const Json& in) {
  MetricName metric{name_space, in.at("MetricName").get<std::string>(), {}};
  for (const Json& dimension : in.value("Dimensions", Json::array())) {
    const auto name = dimension.at("Name").get<std::string>();
    if (!metric.dimensions.emplace(name, dimension.at("Value").get<std::string>()).second) {
      return failure(invalid_value(
          fmt::format("No Metric may specify the same dimension name twice: {}.", name)));
    }
  }
  return metric;
}

Json metric_json(const MetricName& metric) {
  Json dimensions = Json::array();
  for (const auto& [name, value] : metric.dimensions) {
    dimensions.push_back({{"Name", name}, {"Value", value}});
  }
  return {{"Namespace", metric.name_space},
          {"MetricName", metric.name},
          {"Dimensions", std::move(dimensions)}};
}

std::optional<Statistic> parse_statistic(const std::string& name) {
  for (const char* plain : {"Average", "Sum", "Minimum", "Maximum", "SampleCount"}) {
    if (name == plain) return Statistic{name, std::nullopt};
  }
  if (!name.starts_with('p') && !name.starts_with('P')) return std::nullopt;
  double percentile = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + 1, end, percentile);
  if (read.ec != std::errc() || read.ptr != end || !(percentile >= 0 && percentile <= 100)) {
    return std::nullopt;
  }
  return Statistic{name, percentile};
}

std::optional<double> value_of(const Statistic& statistic, const MetricPeriod& period,
                               std::size_t percentile) {
  if (statistic.percentile) return period.percentiles.at(percentile);
  if (statistic.name == "Sum") return period.sum;
  if (statistic.name == "Minimum") return period.minimum;
  if (statistic.name == "Maximum") return period.maximum;
  if (statistic.name == "SampleCount") return period.count;
  if (period.count == 0) return std::nullopt;
  return period.sum / period.count;
}

ApiResult<Stretch> parse_stretch(const Json& in, std::int64_t period, Time now) {
  if (period % 60 != 0 && std::ranges::find(short_periods, period) == std::end(short_periods)) {
    return failure(invalid_value(fmt::format(
        "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60; it is {}.", period)));
  }
  const Time start = from_epoch_seconds(in.at("StartTime").get<double>());
  const Time end = from_epoch_seconds(in.at("EndTime").get<double>());
  if (start >= end) {
    return failure(
        invalid_value("The parameter StartTime must be less than the parameter EndTime."));
  }
  return Stretch{round_down(start, grain_of(start, period, now)), end, seconds(period)};
}

}  // namespace trainyard::api
