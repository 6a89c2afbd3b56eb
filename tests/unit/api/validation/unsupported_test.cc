#include "api/validation/unsupported.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "api/sagemaker/model.h"
#include "api/validation/extensions.h"
#include "tests/unit/api/sagemaker/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// "InputDataConfig[].InputMode" as the pointer to that member of the first channel.
Json::json_pointer pointer_to(std::string_view path) {
  std::string pointer = "/";
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.substr(i).starts_with("[]")) {
      pointer += "/0";
      ++i;
    } else {
      pointer += path[i] == '.' ? '/' : path[i];
    }
  }
  return Json::json_pointer(pointer);
}

// What is acted upon; of some of these certain values are refused.
constexpr std::string_view built[] = {
    "TrainingJobName",
    "HyperParameters",
    "AlgorithmSpecification.TrainingImage",
    "AlgorithmSpecification.MetricDefinitions",
    "AlgorithmSpecification.EnableSageMakerMetricsTimeSeries",
    "AlgorithmSpecification.ContainerEntrypoint",
    "AlgorithmSpecification.ContainerArguments",
    "InputDataConfig[].ChannelName",
    "InputDataConfig[].ContentType",
    "OutputDataConfig.CompressionType",
    "StoppingCondition.MaxRuntimeInSeconds",
    "Tags",
    "EnableNetworkIsolation",
    "Environment",
};

// What is kept and given back; COMPATIBILITY.md says so of each.
constexpr std::string_view echoed[] = {
    "AlgorithmSpecification.TrainingImageConfig",
    "RoleArn",
    "InputDataConfig[].DataSource.S3DataSource.ModelAccessConfig",
    "OutputDataConfig.KmsKeyId",
    "ResourceConfig.InstanceType",
    "ResourceConfig.VolumeSizeInGB",
    "ResourceConfig.VolumeKmsKeyId",
    "VpcConfig",
    "EnableInterContainerTrafficEncryption",
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "TensorBoardOutputConfig",
    "ExperimentConfig",
    "ProfilerConfig",
    "ProfilerRuleConfigurations",
    "RemoteDebugConfig",
    "InfraCheckConfig",
    "SessionChainingConfig",
};

bool lies_in(std::string_view path, std::string_view member) {
  return path.starts_with(member) &&
         (path.size() == member.size() || path[member.size()] == '.' || path[member.size()] == '[');
}

// Paths of everything in a shape that has no members of its own.
void collect_leaves(const Shape& shape, const std::string& path, std::vector<std::string>& leaves) {
  if (shape.kind == ShapeKind::list && shape.element->kind == ShapeKind::structure) {
    return collect_leaves(*shape.element, path + "[]", leaves);
  }
  if (shape.kind != ShapeKind::structure) return leaves.push_back(path);
  for (const Member& member : shape.members) {
    collect_leaves(*member.shape, path + (path.empty() ? "" : ".") + std::string(member.name),
                   leaves);
  }
}

std::string in_message(std::string_view path) {
  std::string text;
  bool first = true;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.substr(i).starts_with("[]")) {
      text += ".1.member";
      ++i;
      continue;
    }
    text += first && path[i] != '.' ? static_cast<char>(path[i] | 0x20) : path[i];
    first = path[i] == '.';
  }
  return text;
}

}  // namespace

TEST_CASE_FIXTURE(SageMakerFixture,
                  "every row of the table refuses its example, by path and value") {
  REQUIRE(unsupported_members().size() > 25);
  for (const UnsupportedMember& member : unsupported_members()) {
    CAPTURE(member.path);
    Json request = this->request();
    request[pointer_to(member.path)] = Json::parse(member.example);
    const Answer answer = call("CreateTrainingJob", request);
    CHECK(answer.status == 400);
    CHECK(answer.code() == "ValidationException");
    CAPTURE(answer.message());
    CHECK(answer.message().starts_with("1 validation error detected: Value '"));
    CHECK(answer.message().find("' at '" + in_message(member.path) +
                                "' is not supported by Trainyard: ") != std::string::npos);
    CHECK(answer.message().find(member.advice) != std::string::npos);
    CHECK_FALSE(jobs.describe("job-1"));
  }
}

TEST_CASE("a member that the model gains is built, written down or refused before it is accepted") {
  std::vector<std::string> leaves;
  collect_leaves(sagemaker_model().shape("CreateTrainingJobRequest"), "", leaves);
  REQUIRE(leaves.size() > 80);
  for (const std::string& leaf : leaves) {
    CAPTURE(leaf);
    const auto holds = [&](std::string_view member) { return lies_in(leaf, member); };
    const bool refused =
        std::ranges::any_of(unsupported_members(), holds, &UnsupportedMember::path);
    const auto ways = std::ranges::count_if(built, holds) + std::ranges::count_if(echoed, holds);
    CHECK((refused ? ways == 0 : ways == 1));
  }
}

TEST_CASE_FIXTURE(SageMakerFixture, "values that change nothing are accepted at refused members") {
  Json request = this->request();
  request["EnableManagedSpotTraining"] = false;
  request["ResourceConfig"]["KeepAlivePeriodInSeconds"] = 0;
  request["ResourceConfig"]["InstanceGroups"] = Json::array();
  request["InputDataConfig"][0]["InputMode"] = "File";
  request["InputDataConfig"][0]["CompressionType"] = "None";
  request["InputDataConfig"][0]["RecordWrapperType"] = "None";
  Json& source = request["InputDataConfig"][0]["DataSource"]["S3DataSource"];
  source["S3DataDistributionType"] = "FullyReplicated";
  source["AttributeNames"] = Json::array();
  source["InstanceGroupNames"] = Json::array();
  const Answer answer = call("CreateTrainingJob", request);
  CHECK_MESSAGE(answer.status == 200, answer.text);
}

TEST_CASE_FIXTURE(SageMakerFixture, "all refused members are named in one exception") {
  Json request = this->request();
  request["InputDataConfig"].push_back(request["InputDataConfig"][0]);
  request["InputDataConfig"][1]["InputMode"] = "Pipe";
  request["EnableManagedSpotTraining"] = true;
  const std::string message = call("CreateTrainingJob", request).message();
  CHECK(message.starts_with("2 validation errors detected: "));
  CHECK(message.find("Value 'Pipe' at 'inputDataConfig.2.member.inputMode'") != std::string::npos);
  CHECK(message.find("Value 'true' at 'enableManagedSpotTraining'") != std::string::npos);
}

TEST_CASE_FIXTURE(SageMakerFixture, "other values of the same members are refused as well") {
  for (const char* type : {"AugmentedManifestFile", "Converse"}) {
    Json request = this->request();
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataType"] = type;
    CHECK(call("CreateTrainingJob", request).message().find(type) != std::string::npos);
  }
  Json request = this->request();
  request["AlgorithmSpecification"]["TrainingInputMode"] = "FastFile";
  CHECK(call("CreateTrainingJob", request).message().find("FastFile") != std::string::npos);
}

TEST_CASE("the extensions are those that are documented") {
  REQUIRE(extensions().size() == 3);
  CHECK(extensions()[0].path == "ResourceConfig.InstanceType");
  CHECK(extensions()[1].path == "InputDataConfig[].DataSource.S3DataSource.S3Uri");
  CHECK(extensions()[2].path == "OutputDataConfig.S3OutputPath");
}

}  // namespace trainyard::api
