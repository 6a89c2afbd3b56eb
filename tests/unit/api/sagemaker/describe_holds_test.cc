#include "api/sagemaker/describe_holds.h"

#include <doctest/doctest.h>

#include "tests/support/fake_clock.h"
#include "tests/unit/api/sagemaker/fixture.h"

namespace trainyard::api {

namespace {

using nlohmann::json;

const std::string waiter = "Boto3/1.44.2 m/b,B,Z Botocore/1.44.2";
const std::string sdk_v2 = "Boto3/1.44.2 m/b Botocore/1.44.2 lib/AWS-SageMaker-Python-SDK#2.257.6";
const std::string sdk_v3 = "Boto3/1.44.2 m/b Botocore/1.44.2 lib/AWS-SageMakerCore#2.20.0";

struct HoldingFixture : SageMakerFixture {
  SageMakerService holding{jobs,
                           objects,
                           [](const std::string&, bool) { return Result<void>(); },
                           {},
                           std::make_unique<DescribeHolds>(jobs, clock, default_hold)};

  Response ask(const std::string& user_agent, const std::string& operation, const json& input) {
    StringSource body(input.dump());
    Request request;
    request.id = "id";
    request.method = "POST";
    request.path = "/";
    request.body = &body;
    request.headers.add("X-Amz-Target", "SageMaker." + operation);
    request.headers.add("User-Agent", user_agent);
    return holding.handle(request);
  }

  Response describe(const std::string& user_agent, const std::string& job = "job-1") {
    return ask(user_agent, "DescribeTrainingJob", {{"TrainingJobName", job}});
  }

  void end_job() {
    jobs.change("job-1", [](JobRecord& record) { record.status = JobStatus::completed; });
  }
};

bool is_held(const Response& response) {
  return std::holds_alternative<HeldBody>(response.body);
}

}  // namespace

TEST_CASE_FIXTURE(HoldingFixture, "a waiter is answered when the job has ended") {
  create();
  const Response response = describe(waiter);
  REQUIRE(is_held(response));
  CHECK(response.headers.get("Content-Type") == "application/x-amz-json-1.1");
  const auto& held = std::get<HeldBody>(response.body);
  CHECK_FALSE(held.limit);
  CHECK_FALSE(held.ready->given());
  jobs.change("job-1",
              [](JobRecord& record) { record.secondary_status = SecondaryStatus::training; });
  CHECK_FALSE(held.ready->given());
  end_job();
  CHECK(held.ready->given());
  const Response answer = held.answer();
  CHECK(answer.status == 200);
  CHECK(json::parse(std::get<std::string>(answer.body))["TrainingJobStatus"] == "Completed");
  CHECK_FALSE(is_held(describe(waiter)));
}

TEST_CASE_FIXTURE(HoldingFixture, "a waiter whose job is no more is told so") {
  create();
  const Response response = describe(waiter);
  REQUIRE(is_held(response));
  const auto& held = std::get<HeldBody>(response.body);
  jobs.clear();
  REQUIRE(held.ready->given());
  const Response answer = held.answer();
  CHECK(answer.status == 400);
  CHECK(std::get<std::string>(answer.body).find("Requested resource not found") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(HoldingFixture, "SageMaker's SDK is held while the job is young") {
  create();
  const Response response = describe(sdk_v2);
  REQUIRE(is_held(response));
  CHECK(std::get<HeldBody>(response.body).limit == default_hold);
  clock.advance(std::chrono::seconds(30));
  CHECK_FALSE(is_held(describe(sdk_v2)));
  CHECK(is_held(describe(waiter)));
}

TEST_CASE_FIXTURE(HoldingFixture, "the question that creation itself asks is not held") {
  const json named_request = request("job-1");
  CHECK(ask(sdk_v3, "CreateTrainingJob", named_request).status == 200);
  CHECK_FALSE(is_held(describe(sdk_v3)));
  CHECK(is_held(describe(sdk_v3)));
  // A creation that failed asks nothing.
  CHECK(ask(sdk_v3, "CreateTrainingJob", named_request).status == 400);
  CHECK(is_held(describe(sdk_v3)));
}

TEST_CASE_FIXTURE(HoldingFixture, "everybody else, every error and every other question at once") {
  create();
  CHECK_FALSE(is_held(describe("aws-cli/2.9.19")));
  CHECK_FALSE(is_held(describe("")));
  const Response unknown = describe(waiter, "no-such-job");
  CHECK_FALSE(is_held(unknown));
  CHECK(unknown.status == 400);
  CHECK_FALSE(is_held(ask(waiter, "ListTrainingJobs", json::object())));
}

}  // namespace trainyard::api
