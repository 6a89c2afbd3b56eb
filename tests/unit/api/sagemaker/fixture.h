#pragma once

// The SageMaker service over fakes, called as a client calls it.

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "api/sagemaker/sagemaker_service.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_training_jobs.h"
#include "tests/support/memory_store.h"

namespace trainyard::api {

struct Answer {
  int status = 0;
  std::string text;
  nlohmann::json body;  // null when the text is empty

  std::string code() const { return body.value("__type", ""); }
  std::string message() const { return body.value("message", body.value("Message", "")); }
};

struct SageMakerFixture {
  SageMakerFixture() {
    objects.create_bucket("bucket");
    objects.add("bucket", "train/part-0.csv", "1,2\n");
  }

  Answer send(std::string_view target, const std::string& body) {
    StringSource source(body);
    Request request;
    request.id = "11111111-2222-3333-4444-555555555555";
    request.method = "POST";
    request.path = "/";
    request.content_length = body.size();
    request.body = &source;
    if (!target.empty()) request.headers.add("X-Amz-Target", std::string(target));
    const Response response = service.handle(request);
    CHECK(response.headers.get("Content-Type") == "application/x-amz-json-1.1");
    CHECK(response.headers.get("x-amzn-RequestId") == request.id);
    Answer answer{response.status, std::get<std::string>(response.body), {}};
    if (!answer.text.empty()) answer.body = nlohmann::json::parse(answer.text);
    return answer;
  }

  Answer call(std::string_view operation, const nlohmann::json& input) {
    return send("SageMaker." + std::string(operation), input.dump());
  }

  // The smallest request with a channel that is accepted.
  static nlohmann::json request(const std::string& name = "job-1") {
    return nlohmann::json::parse(R"({
      "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
      "RoleArn": "arn:aws:iam::123456789012:role/trainer",
      "InputDataConfig": [{
        "ChannelName": "train",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train"}}
      }],
      "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
      "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}
    })")
        .patch({{{"op", "add"}, {"path", "/TrainingJobName"}, {"value", name}}});
  }

  void create(const std::string& name = "job-1") {
    const Answer answer = call("CreateTrainingJob", request(name));
    REQUIRE_MESSAGE(answer.status == 200, answer.text);
  }

  testing::FakeClock clock;
  testing::FakeTrainingJobs jobs{clock};
  testing::MemoryStore objects{clock};
  std::function<Result<void>(const std::string&, bool)> check_file = [](const std::string&, bool) {
    return Result<void>();
  };
  SageMakerService service{
      jobs, objects,
      [this](const std::string& path, bool for_output) { return check_file(path, for_output); },
      SageMakerService::Settings{}};
};

inline nlohmann::json named(const std::string& name) {
  return {{"TrainingJobName", name}};
}

}  // namespace trainyard::api
