#include "api/sagemaker/job_errors.h"
#include "api/sagemaker/operations.h"

namespace trainyard::api {

ApiResult<nlohmann::json> stop_training_job(SageMakerContext& context, const nlohmann::json& in) {
  const auto name = in.at("TrainingJobName").get<std::string>();
  const auto stopped = context.jobs.stop(name);
  if (stopped) return nlohmann::json();
  if (stopped.error().kind != ErrorKind::conflict) return failure(job_error(stopped.error()));
  const auto record = context.jobs.describe(name);
  return failure(record ? wrong_status(record->status) : job_error(record.error()));
}

}  // namespace trainyard::api
