#include "api/sagemaker/sagemaker_service.h"

#include <doctest/doctest.h>

#include "api/sagemaker/model.h"
#include "api/sagemaker/operations.h"
#include "tests/unit/api/sagemaker/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

}  // namespace

TEST_CASE("the operations that are served are those whose shapes are in the model") {
  CHECK(sagemaker_operations().size() == sagemaker_model().served.size());
  for (const SageMakerOperation& operation : sagemaker_operations()) {
    CAPTURE(operation.name);
    CHECK(sagemaker_model().knows(operation.name));
    CHECK(sagemaker_model().find(operation.name) != nullptr);
  }
}

TEST_CASE_FIXTURE(SageMakerFixture, "an operation that is known but not served is a clear 501") {
  const Answer answer = call("CreateEndpoint", Json::object());
  CHECK(answer.status == 501);
  CHECK(answer.code() == "NotImplementedException");
  CHECK(answer.message().find("CreateEndpoint") != std::string::npos);
}

TEST_CASE_FIXTURE(SageMakerFixture, "an operation that nobody knows is UnknownOperationException") {
  for (const char* target : {"SageMaker.Nothing", "SageMaker.", "SageMaker", "Other.AddTags", ""}) {
    CAPTURE(target);
    const Answer answer = send(target, "{}");
    CHECK(answer.status == 400);
    CHECK(answer.code() == "UnknownOperationException");
  }
}

TEST_CASE_FIXTURE(SageMakerFixture, "a body that cannot be read is a SerializationException") {
  const Answer answer = send("SageMaker.CreateTrainingJob", "not json");
  CHECK(answer.status == 400);
  CHECK(answer.code() == "SerializationException");
}

TEST_CASE_FIXTURE(SageMakerFixture, "an empty body is an empty input") {
  CHECK(send("SageMaker.ListTrainingJobs", "").status == 200);
  CHECK(
      send("SageMaker.DescribeTrainingJob", "").message() ==
      "1 validation error detected: Value null at 'trainingJobName' failed to satisfy constraint: "
      "Member must not be null");
}

TEST_CASE_FIXTURE(SageMakerFixture, "text of any bytes in an answer is valid JSON") {
  create();
  jobs.change("job-1", [](JobRecord& record) { record.failure_reason = "bad \xFF byte"; });
  CHECK(call("DescribeTrainingJob", named("job-1")).body["FailureReason"] ==
        "bad \xEF\xBF\xBD byte");
}

}  // namespace trainyard::api
