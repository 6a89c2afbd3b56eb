#include <algorithm>
#include <limits>

#include "api/sagemaker/job_errors.h"
#include "api/sagemaker/operations.h"
#include "api/sagemaker/training_job_document.h"
#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

Json transitions_json(const JobRecord& record) {
  Json list = Json::array();
  for (const StatusTransition& transition : record.transitions) {
    // SDKs take StatusMessage as given: it is there even when it says nothing.
    Json entry{{"Status", to_string(transition.status)},
               {"StartTime", epoch_seconds(transition.start)},
               {"StatusMessage", transition.message}};
    if (transition.end) entry["EndTime"] = epoch_seconds(*transition.end);
    list.push_back(std::move(entry));
  }
  return list;
}

// Where the model is, or, once its upload has begun, will be. Required by the model of the service,
// so it is empty before that.
std::string reported_artifacts(const JobRecord& record) {
  const bool known =
      is_terminal(record.status) || record.secondary_status == SecondaryStatus::uploading;
  return known ? model_artifacts_uri(record.spec) : "";
}

void add_times(Json& job, const JobRecord& record) {
  job["CreationTime"] = epoch_seconds(record.creation_time);
  job["LastModifiedTime"] = epoch_seconds(record.last_modified_time);
  if (record.training_start_time) {
    job["TrainingStartTime"] = epoch_seconds(*record.training_start_time);
  }
  if (record.training_end_time) job["TrainingEndTime"] = epoch_seconds(*record.training_end_time);
  if (!record.training_start_time || !record.training_end_time) return;
  const auto trained = std::chrono::floor<std::chrono::seconds>(*record.training_end_time -
                                                                *record.training_start_time);
  // The model of the service knows no 0, and SDKs divide by it.
  const std::int64_t seconds = std::max<std::int64_t>(trained.count(), 1);
  job["TrainingTimeInSeconds"] = seconds;
  job["BillableTimeInSeconds"] = seconds;
}

// The service keeps values as 32-bit numbers and times in whole seconds.
double to_float(double value) {
  constexpr double most = std::numeric_limits<float>::max();
  return static_cast<double>(static_cast<float>(std::clamp(value, -most, most)));
}

Json final_metrics_json(const std::vector<FinalMetric>& metrics) {
  Json list = Json::array();
  for (const FinalMetric& metric : metrics) {
    const Time time = std::chrono::floor<std::chrono::seconds>(metric.time);
    list.push_back({{"MetricName", metric.name},
                    {"Value", to_float(metric.value)},
                    {"Timestamp", epoch_seconds(time)}});
  }
  return list;
}

}  // namespace

ApiResult<Json> describe_record(const JobRecord& record) {
  TRY(Json job, read_document(record));
  job["TrainingJobName"] = record.spec.name;
  job["TrainingJobArn"] = record.spec.arn;
  job["TrainingJobStatus"] = to_string(record.status);
  job["SecondaryStatus"] = to_string(record.secondary_status);
  job["SecondaryStatusTransitions"] = transitions_json(record);
  job["ModelArtifacts"] = {{"S3ModelArtifacts", reported_artifacts(record)}};
  add_times(job, record);
  if (!record.failure_reason.empty()) job["FailureReason"] = record.failure_reason;
  if (!record.final_metrics.empty()) {
    job["FinalMetricDataList"] = final_metrics_json(record.final_metrics);
  }
  if (const auto profiler = job.find("ProfilerConfig"); profiler != job.end()) {
    const bool disabled = profiler->value("DisableProfiler", false);
    job["ProfilingStatus"] = disabled ? "Disabled" : "Enabled";
  }
  return job;
}

ApiResult<Json> describe_training_job(SageMakerContext& context, const Json& in) {
  const auto record = context.jobs.describe(in.at("TrainingJobName").get<std::string>());
  if (!record) return failure(job_error(record.error()));
  return describe_record(*record);
}

}  // namespace trainyard::api
