#include "api/sagemaker/data_checks.h"
#include "api/sagemaker/operations.h"
#include "api/sagemaker/tag_rules.h"
#include "api/sagemaker/training_job_document.h"
#include "api/sagemaker/training_job_rules.h"
#include "api/validation/unsupported.h"
#include "api/validation/violation.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

AwsError too_many_instances(const std::string& type, std::int64_t wanted, int limit) {
  return AwsError::resource_limit_exceeded(fmt::format(
      "The account-level service limit '{} for training job usage' is {} Instances, with current "
      "utilization of 0 Instances and a request delta of {} Instances. Start the daemon with a "
      "larger --max-instances to raise this limit.",
      type, limit, wanted));
}

ApiResult<> check_instances(const SageMakerContext& context, const Json& request) {
  const Json resources = request.value("ResourceConfig", Json::object());
  const auto wanted = resources.value("InstanceCount", std::int64_t{0});
  if (wanted <= context.settings.max_instances) return {};
  return failure(too_many_instances(resources.value("InstanceType", "local"), wanted,
                                    context.settings.max_instances));
}

AwsError creation_error(const JobSpec& spec, const Error& error) {
  if (error.kind != ErrorKind::already_exists) return AwsError::from(error);
  return AwsError::resource_in_use(fmt::format(
      "Training job names must be unique within an AWS account and region, and a training job with "
      "this name already exists ({})",
      spec.arn));
}

}  // namespace

ApiResult<Json> create_training_job(SageMakerContext& context, const Json& in) {
  TRY_VOID(check_instances(context, in));
  if (const auto refused = refused_members(in); !refused.empty()) {
    return failure(validation_error(refused));
  }
  TRY_VOID(check_training_job_rules(in));
  TRY(Tags tags, parse_tags(in.value("Tags", Json::array())));
  TRY_VOID(check_training_job_data(context, in));

  const Json document = training_job_document(in);
  const JobSpec spec = training_job_spec(context.settings, document);
  const auto created = context.jobs.create(spec, document.dump(), std::move(tags));
  if (!created) return failure(creation_error(spec, created.error()));
  return Json{{"TrainingJobArn", spec.arn}};
}

}  // namespace trainyard::api
