#pragma once

// The operations of CloudWatch's metrics. Each takes input that is valid by its shape and gives its
// output, null where it has none. Where the service's messages are known they are used.

#include <nlohmann/json.hpp>

#include "api/wire/aws_error.h"
#include "runtime/base/clock.h"
#include "runtime/store/metric_store.h"

namespace trainyard::api {

struct CloudWatchContext {
  MetricStore& metrics;
  const Clock& clock;
};

ApiResult<nlohmann::json> get_metric_data(const CloudWatchContext& context,
                                          const nlohmann::json& in);
ApiResult<nlohmann::json> get_metric_statistics(const CloudWatchContext& context,
                                                const nlohmann::json& in);
ApiResult<nlohmann::json> list_metrics(const CloudWatchContext& context, const nlohmann::json& in);
ApiResult<nlohmann::json> put_metric_data(const CloudWatchContext& context,
                                          const nlohmann::json& in);

}  // namespace trainyard::api
