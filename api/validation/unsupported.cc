#include "api/validation/unsupported.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/validation/path.h"
#include "api/validation/violation.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

bool always(const Json&) {
  return true;
}
bool when_true(const Json& value) {
  return value == true;
}
bool when_not_empty(const Json& value) {
  return !value.empty();
}
bool when_positive(const Json& value) {
  return value.get<std::int64_t>() > 0;
}
bool when_several(const Json& value) {
  return value.get<std::int64_t>() > 1;
}
bool when_not_file(const Json& value) {
  return value != "File";
}
bool when_not_prefix(const Json& value) {
  return value != "S3Prefix";
}
bool when_sharded(const Json& value) {
  return value == "ShardedByS3Key";
}
bool when_not_none(const Json& value) {
  return value != "None";
}
bool when_https(const Json& value) {
  return value.get_ref<const std::string&>().starts_with("https://");
}

constexpr std::string_view file_mode = "use File, which copies the data in before training starts";
constexpr std::string_view s3_form = "write the URI as s3://bucket/prefix";
constexpr std::string_view one_instance = "use InstanceType with an InstanceCount of 1";
constexpr std::string_view leave_out = "leave it out";

constexpr UnsupportedMember unsupported_table[] = {
    {"AlgorithmSpecification.AlgorithmName", always, R"("my-algorithm")",
     "give the algorithm's container image as TrainingImage"},
    {"AlgorithmSpecification.TrainingInputMode", when_not_file, R"("Pipe")", file_mode},

    {"InputDataConfig[].InputMode", when_not_file, R"("FastFile")", file_mode},
    {"InputDataConfig[].CompressionType", when_not_none, R"("Gzip")",
     "use None and let the training script decompress"},
    {"InputDataConfig[].RecordWrapperType", when_not_none, R"("RecordIO")", "use None"},
    {"InputDataConfig[].ShuffleConfig", always, R"({"Seed":1})",
     "leave it out and shuffle in the training script"},
    {"InputDataConfig[].DataSource.FileSystemDataSource", always,
     R"({"FileSystemId":"fs-0123456789abcdef0","FileSystemAccessMode":"ro",
         "FileSystemType":"EFS","DirectoryPath":"/data"})",
     "use an S3DataSource, whose S3Uri may be file:///path"},
    {"InputDataConfig[].DataSource.DatasetSource", always,
     R"({"DatasetArn":"arn:aws:sagemaker:us-east-1:123456789012:hub-content/hub/DataSet/d/1.0.0"})",
     "use an S3DataSource"},
    {"InputDataConfig[].DataSource.S3DataSource.S3DataType", when_not_prefix, R"("ManifestFile")",
     "use S3Prefix"},
    {"InputDataConfig[].DataSource.S3DataSource.S3Uri", when_https,
     R"("https://s3.amazonaws.com/bucket/prefix")", s3_form},
    {"InputDataConfig[].DataSource.S3DataSource.S3DataDistributionType", when_sharded,
     R"("ShardedByS3Key")", "use FullyReplicated"},
    {"InputDataConfig[].DataSource.S3DataSource.AttributeNames", when_not_empty, R"(["source"])",
     leave_out},
    {"InputDataConfig[].DataSource.S3DataSource.InstanceGroupNames", when_not_empty,
     R"(["group-1"])", leave_out},
    {"InputDataConfig[].DataSource.S3DataSource.HubAccessConfig", always,
     R"({"HubContentArn":"arn:aws:sagemaker:us-east-1:aws:hub-content/hub/Model/m/1.0.0"})",
     "copy the model's files into a bucket of your own and name that"},

    {"OutputDataConfig.S3OutputPath", when_https, R"("https://s3.amazonaws.com/bucket/prefix")",
     s3_form},

    {"ResourceConfig.InstanceCount", when_several, "2", "use 1"},
    {"ResourceConfig.InstanceGroups", when_not_empty,
     R"([{"InstanceType":"ml.m5.large","InstanceCount":1,"InstanceGroupName":"group-1"}])",
     one_instance},
    {"ResourceConfig.InstancePreferences", when_not_empty, R"([{"InstanceType":"ml.m5.large"}])",
     one_instance},
    {"ResourceConfig.SelectedInstanceType", always, R"("ml.m5.large")", one_instance},
    {"ResourceConfig.SelectedInstanceCount", always, "1", one_instance},
    {"ResourceConfig.KeepAlivePeriodInSeconds", when_positive, "600",
     "leave it out: there are no warm pools here, and starting a container takes no minutes"},
    {"ResourceConfig.TrainingPlanArn", always,
     R"("arn:aws:sagemaker:us-east-1:123456789012:training-plan/plan")", leave_out},
    {"ResourceConfig.InstancePlacementConfig", always, R"({"EnableMultipleJobs":true})", leave_out},

    {"StoppingCondition.MaxWaitTimeInSeconds", always, "86400",
     "leave it out: it belongs to managed spot training"},
    {"StoppingCondition.MaxPendingTimeInSeconds", always, "7200",
     "leave it out: a job waits for a free host as long as it takes"},
    {"EnableManagedSpotTraining", when_true, "true", "use false: nothing is ever interrupted here"},
    {"CheckpointConfig", always, R"({"S3Uri":"s3://bucket/checkpoints"})",
     "leave it out; what is needed after training belongs under /opt/ml/model or "
     "/opt/ml/output/data"},
    {"RetryStrategy", always, R"({"MaximumRetryAttempts":1})", "leave it out and retry by hand"},
    {"ServerlessJobConfig", always,
     R"({"BaseModelArn":"arn:aws:sagemaker:us-east-1:aws:hub-content/hub/Model/m/1.0.0",
         "JobType":"FineTuning"})",
     "train with a container image"},
    {"MlflowConfig", always,
     R"({"MlflowResourceArn":
         "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/server"})",
     "leave it out and let the training script log to MLflow"},
    {"ModelPackageConfig", always,
     R"({"ModelPackageGroupArn":
         "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/group"})",
     "leave it out; the model lies at S3OutputPath"},
};

// Follows `path` through `value` and calls `found(leaf, where)` for everything that it names there.
template <typename Found>
void follow(const Json& value, std::string_view path, Path& where, const Found& found) {
  if (path.empty()) return found(value, where);
  if (path.starts_with("[]")) {
    const std::string_view rest = path.substr(path.starts_with("[].") ? 3 : 2);
    for (std::size_t i = 0; i < value.size(); ++i) {
      where.enter_item(i + 1);
      follow(value[i], rest, where, found);
      where.leave();
    }
    return;
  }
  const std::size_t end = std::min(path.find_first_of(".["), path.size());
  const auto member = value.find(path.substr(0, end));
  if (member == value.end()) return;
  where.enter_member(path.substr(0, end));
  follow(*member, path.substr(end + (path.substr(end).starts_with('.') ? 1 : 0)), where, found);
  where.leave();
}

}  // namespace

std::span<const UnsupportedMember> unsupported_members() {
  return unsupported_table;
}

std::vector<std::string> refused_members(const Json& input) {
  std::vector<std::string> refused;
  for (const UnsupportedMember& member : unsupported_table) {
    Path where;
    follow(input, member.path, where, [&](const Json& value, const Path& path) {
      if (!member.refuses(value)) return;
      refused.push_back(fmt::format("Value '{}' at '{}' is not supported by Trainyard: {}.",
                                    value_in_message(value), path.in_message(), member.advice));
    });
  }
  return refused;
}

}  // namespace trainyard::api
