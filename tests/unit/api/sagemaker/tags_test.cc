#include <doctest/doctest.h>

#include "tests/unit/api/sagemaker/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr const char* arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/my-job";

Json tag(const std::string& key, const std::string& value = "") {
  return {{"Key", key}, {"Value", value}};
}

Json adding(Json tags) {
  return {{"ResourceArn", arn}, {"Tags", std::move(tags)}};
}

struct TagsFixture : SageMakerFixture {
  TagsFixture() { create("My-Job"); }

  Json list() { return call("ListTags", {{"ResourceArn", arn}}).body; }
};

}  // namespace

TEST_CASE_FIXTURE(TagsFixture, "tags are added, replaced, listed and deleted by ARN") {
  CHECK(list() == Json{{"Tags", Json::array()}});
  CHECK(call("AddTags", adding({tag("b", "1"), tag("a", "2")})).body ==
        Json{{"Tags", {tag("a", "2"), tag("b", "1")}}});
  CHECK(call("AddTags", adding(Json::array({tag("b", "3")}))).status == 200);
  CHECK(list() == Json{{"Tags", {tag("a", "2"), tag("b", "3")}}});
  const Answer deleted = call("DeleteTags", {{"ResourceArn", arn}, {"TagKeys", {"a", "none"}}});
  CHECK(deleted.status == 200);
  CHECK(deleted.text == "{}");
  CHECK(list() == Json{{"Tags", {tag("b", "3")}}});
}

TEST_CASE_FIXTURE(TagsFixture, "a job has at most fifty tags") {
  Json many = Json::array();
  for (int i = 0; i < 50; ++i) many.push_back(tag("key-" + std::to_string(i)));
  CHECK(call("AddTags", adding(many)).status == 200);
  CHECK(call("AddTags", adding(Json::array({tag("key-0", "again")}))).status == 200);
  const Answer answer = call("AddTags", adding(Json::array({tag("one more")})));
  CHECK(answer.code() == "ValidationException");
  CHECK(answer.message().find("51 tags") != std::string::npos);
  CHECK(list()["Tags"].size() == 50);
}

TEST_CASE_FIXTURE(TagsFixture, "doubled and reserved keys are refused") {
  CHECK(call("AddTags", adding({tag("a"), tag("a")})).message() ==
        "Duplicate tag keys found: 'a' is given more than once.");
  CHECK(call("AddTags", adding(Json::array({tag("aws:a")}))).message() ==
        "aws: prefixed tag key names are not allowed for external use: 'aws:a'.");
  CHECK(list()["Tags"].empty());
}

TEST_CASE_FIXTURE(TagsFixture, "resources that are no training jobs of ours are not found") {
  const std::string ours = "arn:aws:sagemaker:us-east-1:123456789012:";
  for (const std::string& other :
       {ours + "training-job/none", ours + "training-job/", ours + "model/my-job",
        std::string("arn:aws:sagemaker:eu-west-1:123456789012:training-job/my-job"),
        std::string("arn:aws:sagemaker:us-east-1:000000000000:training-job/my-job")}) {
    CAPTURE(other);
    const Answer answer = call("ListTags", {{"ResourceArn", other}});
    CHECK(answer.code() == "ValidationException");
    CHECK(answer.message().starts_with("Requested resource not found."));
  }
}

TEST_CASE_FIXTURE(TagsFixture, "a page of tags has at least fifty, so there is one") {
  CHECK(call("ListTags", {{"ResourceArn", arn}, {"MaxResults", 50}}).status == 200);
  CHECK(call("ListTags", {{"ResourceArn", arn}, {"MaxResults", 49}}).message() ==
        "1 validation error detected: Value '49' at 'maxResults' failed to satisfy constraint: "
        "Member must have value greater than or equal to 50");
  CHECK(call("ListTags", {{"ResourceArn", arn}, {"NextToken", "a"}}).code() ==
        "ValidationException");
}

}  // namespace trainyard::api
