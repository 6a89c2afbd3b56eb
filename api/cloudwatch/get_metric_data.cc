#include <algorithm>
#include <set>

#include "api/cloudwatch/metric_input.h"
#include "api/cloudwatch/operations.h"
#include "api/wire/opaque_token.h"
#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::size_t most_queries = 500;
constexpr std::int64_t most_datapoints = 100'800;  // of a page
constexpr std::size_t most_periods = 500'000;      // of a query, on all pages

struct Series {
  std::string id;
  std::string label;
  Statistic statistic;
  MetricQuery query;
};

AwsError no_expressions(const std::string& id) {
  return AwsError::validation(fmt::format(
      "The query {} is a metric math expression, which Trainyard does not evaluate: ask for the "
      "metrics with MetricStat and calculate with their values.",
      id));
}

ApiResult<Series> series_of(const Json& query, const Json& in, Time now) {
  Series series;
  series.id = query.at("Id").get<std::string>();
  const bool has_metric = query.contains("MetricStat");
  if (has_metric == query.contains("Expression")) {
    return failure(AwsError::validation(
        fmt::format("The query {} must have either MetricStat or Expression.", series.id)));
  }
  if (!has_metric) return failure(no_expressions(series.id));
  const Json& stat = query["MetricStat"];
  const Json& metric = stat.at("Metric");
  if (!metric.contains("Namespace") || !metric.contains("MetricName")) {
    return failure(AwsError::validation(
        fmt::format("The metric of query {} must have Namespace and MetricName.", series.id)));
  }
  TRY(series.query.metric, metric_name(metric["Namespace"].get<std::string>(), metric));
  const auto name = stat.at("Stat").get<std::string>();
  const auto statistic = parse_statistic(name);
  if (!statistic) {
    return failure(AwsError::validation(fmt::format(
        "The statistic {} of query {} is not supported: Average, Sum, Minimum, Maximum, "
        "SampleCount and percentiles such as p90 are.",
        name, series.id)));
  }
  series.statistic = *statistic;
  if (statistic->percentile) series.query.percentiles = {*statistic->percentile};
  TRY(const Stretch stretch, parse_stretch(in, stat.at("Period").get<std::int64_t>(), now));
  // Periods begin at whole multiples of themselves.
  const auto since_epoch =
      std::chrono::floor<std::chrono::seconds>(stretch.start.time_since_epoch());
  series.query.start = Time(since_epoch - since_epoch % stretch.period);
  series.query.end = stretch.end;
  series.query.period = stretch.period;
  if (stat.contains("Unit")) series.query.unit = stat["Unit"].get<std::string>();
  series.label = query.value("Label", series.query.metric.name);
  return series;
}

// A page begins behind so many datapoints of that series.
struct Place {
  std::size_t series = 0;
  std::size_t point = 0;
};

ApiResult<Place> place_of(const Json& in) {
  if (!in.contains("NextToken")) return Place{};
  const Json token = from_opaque_token(in["NextToken"].get<std::string>());
  const bool ours = token.is_array() && token.size() == 3 && token[0].is_number_unsigned() &&
                    token[1].is_number_unsigned() &&
                    token[2] == request_hash(paged_request(in, "MaxDatapoints"));
  if (!ours) {
    return failure(AwsError{"InvalidNextToken",
                            "The NextToken is invalid: it was made for another request.", 400});
  }
  return Place{token[0].get<std::size_t>(), token[1].get<std::size_t>()};
}

// The datapoints of a series, in the order that is asked for.
ApiResult<std::vector<std::pair<Time, double>>> points_of(const CloudWatchContext& context,
                                                          const Series& series, bool descending) {
  const auto periods = context.metrics.query(series.query, most_periods);
  if (!periods && periods.error().kind == ErrorKind::limit_exceeded) {
    return failure(AwsError::validation(fmt::format(
        "The query {} has more than {} datapoints: ask for a longer period or a shorter "
        "time.",
        series.id, most_periods)));
  }
  if (!periods) return failure(store_error(periods.error()));
  std::vector<std::pair<Time, double>> points;
  for (const MetricPeriod& period : *periods) {
    if (const auto value = value_of(series.statistic, period, 0)) {
      points.emplace_back(period.start, *value);
    }
  }
  if (descending) std::ranges::reverse(points);
  return points;
}

// Answers series after series, up to the number of datapoints that a page has.
class Page {
 public:
  Page(std::size_t limit, const Place& begin) : room_(limit), begin_(begin) {}

  // Takes what has room of the series with that index.
  void add(std::size_t index, const Series& series,
           const std::vector<std::pair<Time, double>>& points) {
    const std::size_t first = std::min(index == begin_.series ? begin_.point : 0, points.size());
    const std::size_t last = std::min(first + room_, points.size());
    const bool complete = last == points.size();
    Json times = Json::array();
    Json values = Json::array();
    for (std::size_t at = first; at < last; ++at) {
      times.push_back(epoch_seconds(points[at].first));
      values.push_back(points[at].second);
    }
    results_.push_back({{"Id", series.id},
                        {"Label", series.label},
                        {"Timestamps", std::move(times)},
                        {"Values", std::move(values)},
                        {"StatusCode", complete ? "Complete" : "PartialData"}});
    room_ -= last - first;
    if (!complete) next_ = Place{index, last};
  }

  const std::optional<Place>& next() const { return next_; }
  Json take_results() { return std::move(results_); }

 private:
  std::size_t room_;
  Place begin_;
  std::optional<Place> next_;
  Json results_ = Json::array();
};

ApiResult<std::size_t> page_size(const Json& in) {
  const auto limit = in.value("MaxDatapoints", most_datapoints);
  if (limit > 0 && limit <= most_datapoints) return static_cast<std::size_t>(limit);
  return failure(
      AwsError::validation(fmt::format("MaxDatapoints must be from 1 to {}.", most_datapoints)));
}

}  // namespace

ApiResult<Json> get_metric_data(const CloudWatchContext& context, const Json& in) {
  const Json& queries = in.at("MetricDataQueries");
  if (queries.empty() || queries.size() > most_queries) {
    return failure(AwsError::validation(
        fmt::format("MetricDataQueries must have from 1 to {} members.", most_queries)));
  }
  TRY(const std::size_t limit, page_size(in));
  TRY(const Place begin, place_of(in));
  const bool descending = in.value("ScanBy", "TimestampDescending") == "TimestampDescending";
  const Time now = context.clock.now();

  Page page(limit, begin);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    TRY(const Series series, series_of(queries[i], in, now));
    if (!ids.insert(series.id).second) {
      return failure(
          AwsError::validation("The values for parameter id in MetricDataQueries are not unique."));
    }
    if (i < begin.series || !queries[i].value("ReturnData", true) || page.next()) continue;
    TRY(const auto points, points_of(context, series, descending));
    page.add(i, series, points);
  }
  Json out{{"MetricDataResults", page.take_results()}, {"Messages", Json::array()}};
  if (const auto& next = page.next()) {
    out["NextToken"] = to_opaque_token(
        {next->series, next->point, request_hash(paged_request(in, "MaxDatapoints"))});
  }
  return out;
}

}  // namespace trainyard::api
