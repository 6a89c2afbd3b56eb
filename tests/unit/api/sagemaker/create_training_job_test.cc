#include <doctest/doctest.h>

#include "tests/support/golden.h"
#include "tests/unit/api/sagemaker/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;
using Pointer = Json::json_pointer;

// The request with the value at `pointer` replaced or added.
Json with(const std::string& pointer, Json value) {
  Json request = SageMakerFixture::request();
  request[Pointer(pointer)] = std::move(value);
  return request;
}

Json without(const std::string& pointer) {
  return SageMakerFixture::request().patch({{{"op", "remove"}, {"path", pointer}}});
}

std::string refusal(SageMakerFixture& fixture, const Json& request) {
  const Answer answer = fixture.call("CreateTrainingJob", request);
  CHECK(answer.status == 400);
  CHECK(answer.code() == "ValidationException");
  return answer.message();
}

Json channel(const std::string& name, const std::string& uri = "s3://bucket/train") {
  return {{"ChannelName", name},
          {"DataSource", {{"S3DataSource", {{"S3DataType", "S3Prefix"}, {"S3Uri", uri}}}}}};
}

}  // namespace

TEST_CASE_FIXTURE(SageMakerFixture,
                  "a created job is answered with its ARN, its name in lower case") {
  const Answer answer = call("CreateTrainingJob", request("My-Job"));
  CHECK(answer.status == 200);
  CHECK(answer.body ==
        Json{{"TrainingJobArn", "arn:aws:sagemaker:us-east-1:123456789012:training-job/my-job"}});
  CHECK(jobs.describe("My-Job")->spec.name == "My-Job");
}

TEST_CASE_FIXTURE(SageMakerFixture, "the runtime gets what the request says") {
  Json request = this->request();
  request["HyperParameters"] = {{"a", "1"}, {"b", "\"x\""}};
  request["Environment"] = {{"LEVEL", "two\nlines"}};
  request["EnableNetworkIsolation"] = true;
  request["StoppingCondition"] = {{"MaxRuntimeInSeconds", 60}};
  request["AlgorithmSpecification"]["ContainerEntrypoint"] = {"/bin/bash"};
  request["AlgorithmSpecification"]["ContainerArguments"] = {"-c", "true"};
  request["AlgorithmSpecification"]["EnableSageMakerMetricsTimeSeries"] = true;
  request["OutputDataConfig"]["CompressionType"] = "NONE";
  request["InputDataConfig"][0]["ContentType"] = "text/csv";
  request["DebugHookConfig"] = {{"S3OutputPath", "s3://bucket/out/"}};
  request["ProfilerConfig"] = {{"DisableProfiler", true}};
  request["TensorBoardOutputConfig"] = {{"S3OutputPath", "s3://bucket/tb"},
                                        {"LocalPath", "/opt/tb"}};
  REQUIRE(call("CreateTrainingJob", request).status == 200);

  const JobSpec spec = jobs.describe("job-1")->spec;
  CHECK(spec.image == "image:1");
  CHECK(spec.region == "us-east-1");
  CHECK(spec.hyperparameters == std::map<std::string, std::string>{{"a", "1"}, {"b", "\"x\""}});
  CHECK(spec.environment.at("LEVEL") == "two\nlines");
  CHECK(spec.entrypoint == std::vector<std::string>{"/bin/bash"});
  CHECK(spec.arguments == std::vector<std::string>{"-c", "true"});
  CHECK(spec.network_isolation);
  CHECK(spec.metrics_time_series);
  CHECK_FALSE(spec.compress_output);
  CHECK(spec.output_uri == "s3://bucket/out");
  CHECK(spec.max_runtime == std::chrono::seconds(60));
  CHECK(spec.instance_type == "ml.m5.large");
  CHECK(spec.instance_count == 1);
  REQUIRE(spec.channels.size() == 1);
  CHECK(spec.channels[0].name == "train");
  CHECK(spec.channels[0].uri == "s3://bucket/train");
  CHECK(spec.channels[0].content_type == "text/csv");
  CHECK(spec.channels[0].input_mode == "File");
  CHECK(spec.channels[0].distribution == "FullyReplicated");
  CHECK(spec.channels[0].record_wrapper == "None");

  REQUIRE(spec.component_configs.size() == 3);
  CHECK(Json::parse(spec.component_configs.at("debughookconfig.json")) ==
        Json{{"LocalPath", "/opt/ml/output/tensors"},
             {"S3OutputPath", "s3://bucket/out/job-1/debug-output"}});
  CHECK(Json::parse(spec.component_configs.at("profilerconfig.json")) ==
        Json{{"LocalPath", "/opt/ml/output/profiler"}, {"DisableProfiler", true}});
  CHECK(
      Json::parse(spec.component_configs.at("tensorboardoutputconfig.json")) ==
      Json{{"LocalPath", "/opt/tb"}, {"S3OutputPath", "s3://bucket/tb/job-1/tensorboard-output"}});
}

TEST_CASE_FIXTURE(SageMakerFixture, "the default of the stopping condition is a day") {
  create();
  CHECK(jobs.describe("job-1")->spec.max_runtime == std::chrono::hours(24));
}

TEST_CASE_FIXTURE(SageMakerFixture, "a taken name is ResourceInUse, whatever its case") {
  create("job-1");
  const Answer answer = call("CreateTrainingJob", request("JOB-1"));
  CHECK(answer.status == 400);
  CHECK(answer.body ==
        Json{{"__type", "ResourceInUse"},
             {"Message",
              "Training job names must be unique within an AWS account and region, and a training "
              "job with this name already exists "
              "(arn:aws:sagemaker:us-east-1:123456789012:training-job/job-1)"}});
}

TEST_CASE_FIXTURE(SageMakerFixture, "what an ordinary job needs is reported in one exception") {
  CHECK(refusal(*this, {{"TrainingJobName", "-"}, {"OutputDataConfig", Json::object()}}) ==
        "5 validation errors detected: "
        "Value '-' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular "
        "expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; "
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null; "
        "Value null at 'outputDataConfig.s3OutputPath' failed to satisfy constraint: Member must "
        "not be null; "
        "Value null at 'algorithmSpecification' failed to satisfy constraint: Member must not be "
        "null; "
        "Value null at 'resourceConfig' failed to satisfy constraint: Member must not be null");
}

TEST_CASE_FIXTURE(SageMakerFixture, "parts of the resources and of a channel must be there") {
  CHECK(
      refusal(*this, without("/ResourceConfig/InstanceType")) ==
      "1 validation error detected: Value null at 'resourceConfig.instanceType' failed to satisfy "
      "constraint: Member must not be null");
  CHECK(refusal(*this, without("/ResourceConfig/InstanceCount")) ==
        "1 validation error detected: Value null at 'resourceConfig.instanceCount' failed to "
        "satisfy constraint: Member must not be null");
  CHECK(
      refusal(*this, with("/ResourceConfig/InstanceCount", 0)) ==
      "1 validation error detected: Value '0' at 'resourceConfig.instanceCount' failed to satisfy "
      "constraint: Member must have value greater than or equal to 1");
  // An empty list of groups is none.
  Json no_groups = with("/ResourceConfig/InstanceGroups", Json::array());
  no_groups["ResourceConfig"]["InstanceCount"] = 0;
  CHECK(refusal(*this, no_groups)
            .starts_with("1 validation error detected: Value '0' at "
                         "'resourceConfig.instanceCount'"));
  no_groups["ResourceConfig"].erase("InstanceCount");
  no_groups["ResourceConfig"].erase("InstanceType");
  CHECK(refusal(*this, no_groups)
            .starts_with("2 validation errors detected: Value null at "
                         "'resourceConfig.instanceType'"));
  CHECK(refusal(*this, without("/InputDataConfig/0/DataSource/S3DataSource")) ==
        "1 validation error detected: Value null at "
        "'inputDataConfig.1.member.dataSource.s3DataSource' failed to satisfy constraint: Member "
        "must not be null");
}

TEST_CASE_FIXTURE(SageMakerFixture, "an algorithm needs its image") {
  CHECK(refusal(*this, without("/AlgorithmSpecification/TrainingImage")).find("TrainingImage") !=
        std::string::npos);
  CHECK(refusal(*this, with("/AlgorithmSpecification/TrainingImage", "")).find("TrainingImage") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(SageMakerFixture, "a job runs for at most 28 days") {
  CHECK(call("CreateTrainingJob", with("/StoppingCondition/MaxRuntimeInSeconds", 2419200)).status ==
        200);
  CHECK(refusal(*this, with("/StoppingCondition/MaxRuntimeInSeconds", 2419201)) ==
        "Invalid MaxRuntimeInSeconds. It must be at most 2419200 seconds (28 days).");
}

TEST_CASE_FIXTURE(SageMakerFixture, "channel names must name different places") {
  CHECK(refusal(*this, with("/InputDataConfig", {channel("a"), channel("a")})) ==
        "Channel names must be unique: 'a' is used more than once.");
  CHECK(refusal(*this, with("/InputDataConfig", Json::array({channel(".")})))
            .starts_with("Channel name '.'"));
  CHECK(refusal(*this, with("/InputDataConfig", Json::array({channel("..")})))
            .starts_with("Channel name '..'"));
  CHECK(refusal(*this, with("/InputDataConfig", {channel("a-manifest"), channel("a")}))
            .starts_with("Channel name 'a-manifest' cannot be used beside channel 'a'"));
  CHECK(call("CreateTrainingJob", with("/InputDataConfig", {channel("a"), channel("A")})).status ==
        200);
}

TEST_CASE_FIXTURE(SageMakerFixture, "entry points and variables are words that a process can get") {
  CHECK(
      refusal(*this, with("/AlgorithmSpecification/ContainerEntrypoint", {"a", ""})) ==
      "Invalid AlgorithmSpecification. ContainerArguments and ContainerEntrypoint may not contain "
      "null or empty strings.");
  CHECK(refusal(*this, with("/AlgorithmSpecification/ContainerArguments", {""}))
            .ends_with("may not contain null or empty strings."));
  CHECK(refusal(*this,
                with("/AlgorithmSpecification/ContainerArguments", {std::string("a\0b", 3)})) ==
        "ContainerArguments may not contain NUL characters.");
  CHECK(refusal(*this, with("/Environment", {{"A", std::string("\0", 1)}})) ==
        "Environment variable 'A' may not contain NUL characters.");
}

TEST_CASE_FIXTURE(SageMakerFixture, "tags have different keys, none of them reserved") {
  const auto tag = [](const char* key) { return Json{{"Key", key}, {"Value", ""}}; };
  CHECK(refusal(*this, with("/Tags", {tag("a"), tag("b"), tag("a")})) ==
        "Duplicate tag keys found: 'a' is given more than once.");
  CHECK(refusal(*this, with("/Tags", Json::array({tag("AWS:a")})))
            .starts_with("aws: prefixed tag key names are not allowed for external use"));
  CHECK(call("CreateTrainingJob", with("/Tags", {tag("a"), tag("A")})).status == 200);
  CHECK(jobs.tags("job-1") == Tags{{"a", ""}, {"A", ""}});
}

TEST_CASE_FIXTURE(SageMakerFixture, "a channel without objects is refused at create") {
  const auto empty = [](const std::string& uri, const std::string& bucket) {
    return "No S3 objects found under S3 URL \"" + uri +
           "\" given in input data source. Please ensure that the bucket exists in the selected "
           "region (us-east-1), that objects exist under that S3 prefix, and that the role "
           "\"arn:aws:iam::123456789012:role/trainer\" has \"s3:ListBucket\" permissions on bucket "
           "\"" +
           bucket + "\".";
  };
  CHECK(refusal(*this, with("/InputDataConfig", Json::array({channel("a", "s3://bucket/none")}))) ==
        empty("s3://bucket/none", "bucket"));
  CHECK(refusal(*this, with("/InputDataConfig", Json::array({channel("a", "s3://missing")}))) ==
        empty("s3://missing", "missing"));
  // A prefix is one of strings, not of folders, and may be empty.
  CHECK(call("CreateTrainingJob", with("/InputDataConfig", {channel("a", "s3://bucket/tr"),
                                                            channel("b", "s3://bucket")}))
            .status == 200);
}

TEST_CASE_FIXTURE(SageMakerFixture, "a missing output bucket is refused at create") {
  CHECK(refusal(*this, with("/OutputDataConfig/S3OutputPath", "s3://missing/out")) ==
        "Access denied to OutputDataConfig S3 bucket: bucket \"missing\" of S3OutputPath "
        "\"s3://missing/out\" does not exist. Create it first, for example with: aws s3 mb "
        "s3://missing");
}

TEST_CASE_FIXTURE(SageMakerFixture, "file URIs are taken literally and asked about") {
  std::vector<std::pair<std::string, bool>> asked;
  check_file = [&](const std::string& path, bool for_output) {
    asked.emplace_back(path, for_output);
    return Result<void>();
  };
  Json request = with("/InputDataConfig", Json::array({channel("a", "file:///data/a%20b//c")}));
  request["OutputDataConfig"]["S3OutputPath"] = "file:///out";
  CHECK(call("CreateTrainingJob", request).status == 200);
  CHECK(asked ==
        std::vector<std::pair<std::string, bool>>{{"/data/a%20b//c", false}, {"/out", true}});
  CHECK(jobs.describe("job-1")->spec.channels[0].uri == "file:///data/a%20b//c");

  check_file = [](const std::string&, bool) -> Result<void> {
    return failure(ErrorKind::permission_denied, "/data is outside the roots");
  };
  CHECK(refusal(*this, request) == "/data is outside the roots");
}

TEST_CASE_FIXTURE(SageMakerFixture, "a store that does not answer is no fault of the request") {
  objects.set_fault([](testing::MemoryStore::Operation, const std::string&) {
    return Error{ErrorKind::internal, "disk error"};
  });
  const Answer answer = call("CreateTrainingJob", request());
  CHECK(answer.status == 500);
  CHECK(answer.body == Json{{"__type", "InternalFailure"}, {"message", "disk error"}});
}

TEST_CASE_FIXTURE(SageMakerFixture, "more instances than there are is ResourceLimitExceeded") {
  const std::string message =
      "The account-level service limit 'ml.m5.large for training job usage' is 8 Instances, with "
      "current utilization of 0 Instances and a request delta of ";
  const Answer answer = call("CreateTrainingJob", with("/ResourceConfig/InstanceCount", 9));
  CHECK(answer.status == 400);
  CHECK(answer.code() == "ResourceLimitExceeded");
  CHECK(answer.body["Message"].get<std::string>().starts_with(message + "9 Instances."));
}

TEST_CASE_FIXTURE(SageMakerFixture, "whatever else is at its limit is named by its own name") {
  jobs.refuse_next({ErrorKind::limit_exceeded, "writing the journal: no space left on device"});
  const Answer answer = call("CreateTrainingJob", request());
  CHECK(answer.code() == "ResourceLimitExceeded");
  CHECK(answer.message() == "writing the journal: no space left on device");
}

TEST_CASE_FIXTURE(SageMakerFixture, "a local instance type is accepted and echoed") {
  CHECK(call("CreateTrainingJob", with("/ResourceConfig/InstanceType", "local_gpu")).status == 200);
  const Answer answer = call("DescribeTrainingJob", named("job-1"));
  CHECK(answer.body["ResourceConfig"]["InstanceType"] == "local_gpu");
}

}  // namespace trainyard::api
