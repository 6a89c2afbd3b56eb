#include "api/cloudwatch/metric_input.h"
#include "api/cloudwatch/operations.h"
#include "api/wire/opaque_token.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::chrono::hours recently{3};

// A token names the last metric that was seen, so series that come or go repeat or hide no others.
Json token_of(const MetricName& last) {
  return {last.name_space, last.name, last.dimensions};
}

ApiResult<MetricName> last_seen(const std::string& token) {
  const Json content = from_opaque_token(token);
  if (!content.is_array() || content.size() != 3 || !content[0].is_string() ||
      !content[1].is_string() || !content[2].is_object()) {
    return failure(invalid_value("Invalid nextToken"));
  }
  MetricName last{content[0].get<std::string>(), content[1].get<std::string>(), {}};
  for (const auto& [name, value] : content[2].items()) {
    if (value.is_string()) last.dimensions[name] = value.get<std::string>();
  }
  return last;
}

}  // namespace

ApiResult<Json> list_metrics(const CloudWatchContext& context, const Json& in) {
  MetricListQuery query;
  if (in.contains("Namespace")) query.name_space = in["Namespace"].get<std::string>();
  if (in.contains("MetricName")) query.name = in["MetricName"].get<std::string>();
  for (const Json& filter : in.value("Dimensions", Json::array())) {
    auto& value = query.dimensions[filter.at("Name").get<std::string>()];
    if (filter.contains("Value")) value = filter["Value"].get<std::string>();
  }
  if (in.contains("RecentlyActive")) query.active_since = context.clock.now() - recently;
  if (in.contains("NextToken")) {
    TRY(query.after, last_seen(in["NextToken"].get<std::string>()));
  }

  const auto page = context.metrics.list(query);
  if (!page) return failure(store_error(page.error()));
  Json out{{"Metrics", Json::array()}};
  for (const MetricName& metric : page->metrics) out["Metrics"].push_back(metric_json(metric));
  if (page->more) out["NextToken"] = to_opaque_token(token_of(page->metrics.back()));
  return out;
}

}  // namespace trainyard::api
