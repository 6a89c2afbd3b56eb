#include "api/sagemaker/training_job_document.h"

#include <algorithm>

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t default_runtime_seconds = 86400;

void set_default(Json& object, const char* member, Json value) {
  if (!object.contains(member)) object[member] = std::move(value);
}

void complete_channel(Json& channel) {
  set_default(channel, "CompressionType", "None");
  set_default(channel, "RecordWrapperType", "None");
  set_default(channel["DataSource"]["S3DataSource"], "S3DataDistributionType", "FullyReplicated");
}

}  // namespace

std::string training_job_arn(const SageMakerSettings& settings, std::string_view name) {
  std::string arn =
      fmt::format("arn:aws:sagemaker:{}:{}:training-job/", settings.region, settings.account_id);
  for (const char c : name) arn += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return arn;
}

Json training_job_document(const Json& request) {
  Json document = request;
  document.erase("Tags");
  document.erase("SessionChainingConfig");

  set_default(document["AlgorithmSpecification"], "EnableSageMakerMetricsTimeSeries", false);
  if (document.contains("InputDataConfig")) {
    for (Json& channel : document["InputDataConfig"]) complete_channel(channel);
  }
  set_default(document["OutputDataConfig"], "KmsKeyId", "");
  set_default(document["OutputDataConfig"], "CompressionType", "GZIP");
  set_default(document, "StoppingCondition", Json::object());
  set_default(document["StoppingCondition"], "MaxRuntimeInSeconds", default_runtime_seconds);
  set_default(document, "EnableNetworkIsolation", false);
  set_default(document, "EnableInterContainerTrafficEncryption", false);
  set_default(document, "EnableManagedSpotTraining", false);
  return document;
}

ApiResult<Json> read_document(const JobRecord& record) {
  Json document = Json::parse(record.document, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    return failure(AwsError::internal_failure(
        fmt::format("The record of training job {} cannot be read.", record.spec.name)));
  }
  return document;
}

}  // namespace trainyard::api
