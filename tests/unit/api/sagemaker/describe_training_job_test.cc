#include <doctest/doctest.h>

#include "tests/support/golden.h"
#include "tests/unit/api/sagemaker/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

Time at(double seconds) {
  return from_milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

// A job that trained for 125.026 s.
void complete(JobRecord& record) {
  record.status = JobStatus::completed;
  record.secondary_status = SecondaryStatus::completed;
  record.training_start_time = at(1'700'000'002.5);
  record.training_end_time = at(1'700'000'127.526);
  record.last_modified_time = at(1'700'000'127.526);
  record.transitions = {{SecondaryStatus::starting, at(1'700'000'000), at(1'700'000'002.5),
                         "Preparing the instances for training"},
                        {SecondaryStatus::downloading, at(1'700'000'002.5), at(1'700'000'003), ""},
                        {SecondaryStatus::completed, at(1'700'000'127.526), at(1'700'000'127.526),
                         "Training job completed"}};
}

std::string pretty(const Answer& answer) {
  return answer.body.dump(2) + "\n";
}

}  // namespace

TEST_CASE_FIXTURE(SageMakerFixture, "a new job is described with its defaults") {
  create();
  const Answer answer = call("DescribeTrainingJob", named("job-1"));
  CHECK(answer.status == 200);
  testing::check_golden("sagemaker/describe_new_job.json", pretty(answer));
}

TEST_CASE_FIXTURE(SageMakerFixture, "a completed job is described with times and artifacts") {
  create();
  jobs.change("job-1", complete);
  testing::check_golden("sagemaker/describe_completed_job.json",
                        pretty(call("DescribeTrainingJob", named("job-1"))));
}

TEST_CASE_FIXTURE(SageMakerFixture, "every member that is only kept is echoed") {
  Json request = this->request();
  request.update(Json::parse(R"({
    "HyperParameters": {},
    "Tags": [{"Key": "a", "Value": "b"}],
    "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    "EnableInterContainerTrafficEncryption": true,
    "DebugHookConfig": {"S3OutputPath": "s3://bucket/debug", "CollectionConfigurations": []},
    "DebugRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}],
    "TensorBoardOutputConfig": {"S3OutputPath": "s3://bucket/tb"},
    "ExperimentConfig": {"ExperimentName": "e"},
    "ProfilerConfig": {"S3OutputPath": "s3://bucket/profile", "DisableProfiler": false},
    "ProfilerRuleConfigurations": [{"RuleConfigurationName": "r", "RuleEvaluatorImage": "i"}],
    "RemoteDebugConfig": {"EnableRemoteDebug": true},
    "InfraCheckConfig": {"EnableInfraCheck": true},
    "SessionChainingConfig": {"EnableSessionTagChaining": true},
    "Unknown": 1
  })"));
  request["ResourceConfig"]["VolumeSizeInGB"] = 30;
  request["ResourceConfig"]["VolumeKmsKeyId"] = "key-1";
  request["OutputDataConfig"]["KmsKeyId"] = "key-2";
  request["AlgorithmSpecification"]["MetricDefinitions"] = {{{"Name", "m"}, {"Regex", "m=(.*)"}}};
  request["AlgorithmSpecification"]["TrainingImageConfig"] = {
      {"TrainingRepositoryAccessMode", "Vpc"}};
  request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["ModelAccessConfig"] = {
      {"AcceptEula", true}};
  REQUIRE(call("CreateTrainingJob", request).status == 200);
  testing::check_golden("sagemaker/describe_echoed_members.json",
                        pretty(call("DescribeTrainingJob", named("job-1"))));
}

TEST_CASE_FIXTURE(SageMakerFixture, "a failed job is described with its reason") {
  create();
  jobs.change("job-1", [](JobRecord& record) {
    record.status = JobStatus::failed;
    record.secondary_status = SecondaryStatus::failed;
    record.failure_reason = "AlgorithmError: , exit code: 1";
    record.training_end_time = at(1'700'000'001);
  });
  const Json job = call("DescribeTrainingJob", named("job-1")).body;
  CHECK(job["FailureReason"] == "AlgorithmError: , exit code: 1");
  // It ended before its training began: there is no time to bill.
  CHECK(job.contains("TrainingEndTime"));
  CHECK_FALSE(job.contains("TrainingTimeInSeconds"));
  CHECK_FALSE(job.contains("BillableTimeInSeconds"));
}

TEST_CASE_FIXTURE(SageMakerFixture, "a training shorter than a second counts as one") {
  create();
  jobs.change("job-1", [](JobRecord& record) {
    complete(record);
    record.training_end_time = *record.training_start_time + std::chrono::milliseconds(20);
  });
  const Json job = call("DescribeTrainingJob", named("job-1")).body;
  CHECK(job["TrainingTimeInSeconds"] == 1);
  CHECK(job["BillableTimeInSeconds"] == 1);
}

TEST_CASE_FIXTURE(SageMakerFixture, "the model's place is told from the start of its upload") {
  create();
  const auto place = [&] {
    return call("DescribeTrainingJob", named("job-1")).body["ModelArtifacts"]["S3ModelArtifacts"];
  };
  CHECK(place() == "");
  jobs.change("job-1",
              [](JobRecord& record) { record.secondary_status = SecondaryStatus::uploading; });
  CHECK(place() == "s3://bucket/out/job-1/output/model.tar.gz");
}

TEST_CASE_FIXTURE(SageMakerFixture, "the profiler's state follows its configuration") {
  Json request = this->request();
  request["ProfilerConfig"] = {{"DisableProfiler", true}};
  REQUIRE(call("CreateTrainingJob", request).status == 200);
  CHECK(call("DescribeTrainingJob", named("job-1")).body["ProfilingStatus"] == "Disabled");
}

TEST_CASE_FIXTURE(SageMakerFixture, "an unknown job is a ValidationException") {
  const Answer answer = call("DescribeTrainingJob", named("none"));
  CHECK(answer.status == 400);
  CHECK(answer.body ==
        Json{{"__type", "ValidationException"}, {"message", "Requested resource not found."}});
}

}  // namespace trainyard::api
