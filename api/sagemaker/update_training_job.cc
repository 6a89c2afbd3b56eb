#include "api/sagemaker/job_errors.h"
#include "api/sagemaker/operations.h"
#include "api/sagemaker/training_job_document.h"
#include "api/validation/unsupported.h"
#include "api/validation/violation.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// Members of a configuration that the update names replace those that were there; others stay.
void merge_member(Json& document, const Json& update, const char* member) {
  const auto found = update.find(member);
  if (found == update.end()) return;
  if (!document.contains(member)) document[member] = Json::object();
  document[member].update(*found);
}

}  // namespace

ApiResult<Json> update_training_job(SageMakerContext& context, const Json& in) {
  if (const auto refused = refused_members(in); !refused.empty()) {
    return failure(validation_error(refused));
  }
  const auto name = in.at("TrainingJobName").get<std::string>();
  const std::lock_guard lock(context.change);
  const auto record = context.jobs.describe(name);
  if (!record && record.error().kind == ErrorKind::not_found) {
    return failure(AwsError::resource_not_found("Requested resource not found."));
  }
  if (!record) return failure(job_error(record.error()));
  if (record->status != JobStatus::in_progress) return failure(wrong_status(record->status));

  TRY(Json document, read_document(*record));
  merge_member(document, in, "ProfilerConfig");
  merge_member(document, in, "RemoteDebugConfig");
  if (in.contains("ProfilerRuleConfigurations")) {
    document["ProfilerRuleConfigurations"] = in["ProfilerRuleConfigurations"];
  }
  const auto updated = context.jobs.replace_document(name, document.dump());
  if (!updated) return failure(job_error(updated.error()));
  return Json{{"TrainingJobArn", updated->spec.arn}};
}

}  // namespace trainyard::api
