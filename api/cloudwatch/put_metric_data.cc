#include <cmath>

#include "api/cloudwatch/metric_input.h"
#include "api/cloudwatch/operations.h"
#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::size_t most_data = 1000;
constexpr std::size_t most_values = 150;
constexpr std::chrono::hours most_ahead{2};
constexpr std::chrono::days most_past{14};

ApiResult<Time> sample_time(const Json& datum, const std::string& where, Time now) {
  if (!datum.contains("Timestamp")) return now;
  const Time time = from_epoch_seconds(datum["Timestamp"].get<double>());
  const bool past = time < now - most_past;
  if (!past && time <= now + most_ahead) return time;
  return failure(invalid_value(
      fmt::format("The parameter {}.Timestamp must specify a time {}.", where,
                  past ? "no more than two weeks in the past" : "within two hours of now")));
}

ApiResult<> check_value(const Json& value, const std::string& where) {
  if (std::abs(value.get<double>()) <= largest_metric_value) return {};
  return failure(invalid_value(
      fmt::format("The value {} for parameter {} is invalid: it must be between -2^360 and 2^360.",
                  value.dump(), where)));
}

ApiResult<std::vector<MetricSample>> listed_samples(const Json& datum, const std::string& where,
                                                    Time time) {
  const Json& values = datum["Values"];
  const Json counts = datum.value("Counts", Json::array());
  if (values.empty()) {
    return failure(invalid_value(
        fmt::format("The collection {}.Values must not have a size less than 1.", where)));
  }
  if (values.size() > most_values) {
    return failure(invalid_value(fmt::format(
        "The collection {}.Values must not have a size greater than {}.", where, most_values)));
  }
  if (datum.contains("Counts") && counts.size() != values.size()) {
    return failure(invalid_value(
        fmt::format("The parameters {0}.Values and {0}.Counts must be of the same size.", where)));
  }
  std::vector<MetricSample> samples;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double count = counts.empty() ? 1 : counts[i].get<double>();
    if (!(count > 0)) {
      return failure(invalid_value(
          fmt::format("The parameter {}.Counts.member.{} must be greater than 0.", where, i + 1)));
    }
    TRY_VOID(check_value(values[i], fmt::format("{}.Values.member.{}", where, i + 1)));
    TRY_VOID(check_value(count, fmt::format("{}.Counts.member.{}", where, i + 1)));
    samples.push_back(MetricSample::of(time, values[i].get<double>(), count));
  }
  return samples;
}

ApiResult<std::vector<MetricSample>> samples_of(const Json& datum, const std::string& where,
                                                Time now) {
  TRY(const Time time, sample_time(datum, where, now));
  const char* found = nullptr;
  for (const char* form : {"Value", "StatisticValues", "Values"}) {
    if (!datum.contains(form)) continue;
    if (found != nullptr) {
      return failure(invalid_combination(
          fmt::format("The parameters {0}.{1} and {0}.{2} are mutually exclusive and you have "
                      "specified both.",
                      where, found, form)));
    }
    found = form;
  }
  if (datum.contains("Value")) {
    TRY_VOID(check_value(datum["Value"], where + ".Value"));
    return std::vector{MetricSample::of(time, datum["Value"])};
  }
  if (datum.contains("Values")) return listed_samples(datum, where, time);
  if (!datum.contains("StatisticValues")) {
    return failure(missing_parameter(fmt::format(
        "At least one of the parameters {0}.Value, {0}.Values and {0}.StatisticValues must be "
        "specified.",
        where)));
  }
  const Json& set = datum["StatisticValues"];
  for (const char* member : {"SampleCount", "Sum", "Minimum", "Maximum"}) {
    TRY_VOID(check_value(set[member], fmt::format("{}.StatisticValues.{}", where, member)));
  }
  MetricSample sample{time, "None", set["SampleCount"], set["Sum"], set["Minimum"], set["Maximum"]};
  if (!(sample.count > 0) || sample.minimum > sample.maximum) {
    return failure(invalid_value(fmt::format(
        "The parameter {}.StatisticValues must have a SampleCount above 0, and a Minimum not above "
        "its Maximum.",
        where)));
  }
  return std::vector{sample};
}

// All metric data of a request, wherever it stands there.
struct Datum {
  const Json* json;
  std::string where;
};

std::vector<Datum> all_data(const Json& in) {
  std::vector<Datum> all;
  const auto add = [&](const Json& holder, const std::string& prefix) {
    const auto data = holder.find("MetricData");
    if (data == holder.end()) return;
    for (std::size_t i = 0; i < data->size(); ++i) {
      all.push_back({&(*data)[i], fmt::format("{}MetricData.member.{}", prefix, i + 1)});
    }
  };
  add(in, "");
  const auto entities = in.find("EntityMetricData");
  for (std::size_t i = 0; entities != in.end() && i < entities->size(); ++i) {
    add((*entities)[i], fmt::format("EntityMetricData.member.{}.", i + 1));
  }
  return all;
}

}  // namespace

ApiResult<Json> put_metric_data(const CloudWatchContext& context, const Json& in) {
  const auto name_space = in.at("Namespace").get<std::string>();
  if (name_space.starts_with("AWS/")) {
    return failure(invalid_value("The value AWS/ for parameter Namespace is invalid."));
  }
  const std::vector<Datum> all = all_data(in);
  if (all.empty()) return failure(missing_parameter("The parameter MetricData is required."));
  if (all.size() > most_data) {
    return failure(invalid_value(
        fmt::format("The collection MetricData must not have a size greater than {}.", most_data)));
  }
  const Time now = context.clock.now();
  std::vector<MetricData> data;
  for (const auto& [datum, where] : all) {
    TRY(MetricName metric, metric_name(name_space, *datum));
    TRY(auto samples, samples_of(*datum, where, now));
    for (MetricSample& sample : samples) sample.unit = datum->value("Unit", "None");
    data.push_back({std::move(metric), std::move(samples)});
  }
  const auto stored = context.metrics.put(data);
  if (!stored) return failure(store_error(stored.error()));
  return Json();
}

}  // namespace trainyard::api
