#include "api/sagemaker/job_errors.h"
#include "api/sagemaker/operations.h"

namespace trainyard::api {

namespace {

std::string not_ended(const JobRecord& record) {
  return fmt::format(
      "Training job {} cannot be deleted while it is in status {}. Only jobs in status Completed, "
      "Failed or Stopped can be deleted; stop it with StopTrainingJob and wait until it has ended.",
      record.spec.name, to_string(record.status));
}

}  // namespace

ApiResult<nlohmann::json> delete_training_job(SageMakerContext& context, const nlohmann::json& in) {
  const auto name = in.at("TrainingJobName").get<std::string>();
  const auto removed = context.jobs.remove(name);
  if (removed) return nlohmann::json();
  if (removed.error().kind == ErrorKind::not_found) {
    return failure(AwsError::resource_not_found("Requested resource not found."));
  }
  if (removed.error().kind != ErrorKind::conflict) return failure(job_error(removed.error()));
  const auto record = context.jobs.describe(name);
  return failure(record ? AwsError::resource_in_use(not_ended(*record))
                        : job_error(record.error()));
}

}  // namespace trainyard::api
