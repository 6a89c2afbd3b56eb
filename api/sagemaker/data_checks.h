#pragma once

#include <nlohmann/json.hpp>

#include "api/sagemaker/context.h"
#include "api/wire/aws_error.h"

namespace trainyard::api {

// Whether everything that the request reads from is there, and the place that it writes to as well,
// so that no training starts without its data or is lost at its end.
ApiResult<> check_training_job_data(SageMakerContext& context, const nlohmann::json& request);

}  // namespace trainyard::api
