#include "api/cloudwatch/cloudwatch_service.h"

#include "api/cloudwatch/model.h"
#include "api/cloudwatch/operations.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

std::map<std::string_view, ModelledService::Operation> table(MetricStore& metrics,
                                                             const Clock& clock) {
  using Run = ApiResult<Json> (*)(const CloudWatchContext&, const Json&);
  constexpr std::pair<std::string_view, Run> rows[] = {
      {"GetMetricData", get_metric_data},
      {"GetMetricStatistics", get_metric_statistics},
      {"ListMetrics", list_metrics},
      {"PutMetricData", put_metric_data},
  };
  std::map<std::string_view, ModelledService::Operation> operations;
  for (const auto& [name, run] : rows) {
    operations.emplace(name, [context = CloudWatchContext{metrics, clock}, run](
                                 const Json& in, const Request&) { return run(context, in); });
  }
  return operations;
}

constexpr ServiceProtocols protocols{"CloudWatch",
                                     "http://monitoring.amazonaws.com/doc/2010-08-01/",
                                     "GraniteServiceVersion20100801"};

}  // namespace

CloudWatchService::CloudWatchService(MetricStore& metrics, const Clock& clock)
    : service_(protocols, cloudwatch_model(), table(metrics, clock)) {
}

}  // namespace trainyard::api
