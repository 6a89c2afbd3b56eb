// StopTrainingJob, DeleteTrainingJob and UpdateTrainingJob.

#include <doctest/doctest.h>

#include "tests/unit/api/sagemaker/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

void end(JobRecord& record) {
  record.status = JobStatus::completed;
}

const Json not_found = {{"__type", "ResourceNotFound"},
                        {"Message", "Requested resource not found."}};
const Json no_such_job = {{"__type", "ValidationException"},
                          {"message", "Requested resource not found."}};

}  // namespace

TEST_CASE_FIXTURE(SageMakerFixture, "stop is passed on, and again while the job is stopping") {
  create();
  const Answer answer = call("StopTrainingJob", named("job-1"));
  CHECK(answer.status == 200);
  CHECK(answer.text.empty());
  CHECK(jobs.describe("job-1")->status == JobStatus::stopping);
  CHECK(call("StopTrainingJob", named("job-1")).status == 200);
}

TEST_CASE_FIXTURE(SageMakerFixture, "a job that has ended cannot be stopped") {
  create();
  jobs.change("job-1", end);
  CHECK(call("StopTrainingJob", named("job-1")).body ==
        Json{{"__type", "ValidationException"},
             {"message",
              "The request was rejected because the training job is in status Completed."}});
}

TEST_CASE_FIXTURE(SageMakerFixture, "jobs that do not exist are told as the service tells them") {
  CHECK(call("StopTrainingJob", named("none")).body == no_such_job);
  CHECK(call("DeleteTrainingJob", named("none")).body == not_found);
  CHECK(call("UpdateTrainingJob", named("none")).body == not_found);
}

TEST_CASE_FIXTURE(SageMakerFixture, "a job that has ended can be deleted, one that runs cannot") {
  create();
  const Answer refused = call("DeleteTrainingJob", named("job-1"));
  CHECK(refused.status == 400);
  CHECK(refused.code() == "ResourceInUse");
  CHECK(refused.body["Message"].get<std::string>().starts_with(
      "Training job job-1 cannot be deleted while it is in status InProgress."));

  jobs.change("job-1", end);
  const Answer answer = call("DeleteTrainingJob", named("job-1"));
  CHECK(answer.status == 200);
  CHECK(answer.text.empty());
  CHECK(call("DescribeTrainingJob", named("job-1")).body == no_such_job);
}

TEST_CASE_FIXTURE(SageMakerFixture, "an update is merged into what Describe tells") {
  Json request = this->request();
  request["ProfilerConfig"] = {{"S3OutputPath", "s3://bucket/p"}, {"DisableProfiler", false}};
  REQUIRE(call("CreateTrainingJob", request).status == 200);
  clock.advance(std::chrono::seconds(5));

  Json update = named("job-1");
  update["ProfilerConfig"] = {{"DisableProfiler", true}};
  update["RemoteDebugConfig"] = {{"EnableRemoteDebug", true}};
  const Answer answer = call("UpdateTrainingJob", update);
  CHECK(answer.body ==
        Json{{"TrainingJobArn", "arn:aws:sagemaker:us-east-1:123456789012:training-job/job-1"}});

  const Json job = call("DescribeTrainingJob", named("job-1")).body;
  CHECK(job["ProfilerConfig"] ==
        Json{{"S3OutputPath", "s3://bucket/p"}, {"DisableProfiler", true}});
  CHECK(job["ProfilingStatus"] == "Disabled");
  CHECK(job["RemoteDebugConfig"] == Json{{"EnableRemoteDebug", true}});
  CHECK(job["LastModifiedTime"] == 1'700'000'005.0);
  CHECK(job["CreationTime"] == 1'700'000'000.0);
}

TEST_CASE_FIXTURE(SageMakerFixture, "only a job in progress can be updated") {
  create();
  jobs.change("job-1", end);
  CHECK(call("UpdateTrainingJob", named("job-1")).message() ==
        "The request was rejected because the training job is in status Completed.");
}

TEST_CASE_FIXTURE(SageMakerFixture, "a warm pool cannot be asked for by an update either") {
  create();
  Json update = named("job-1");
  update["ResourceConfig"] = {{"KeepAlivePeriodInSeconds", 60}};
  const Answer answer = call("UpdateTrainingJob", update);
  CHECK(answer.code() == "ValidationException");
  CHECK(answer.message().find("'resourceConfig.keepAlivePeriodInSeconds' is not supported") !=
        std::string::npos);
}

}  // namespace trainyard::api
