#include "api/validation/validate.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "api/sagemaker/model.h"
#include "api/validation/rules.h"
#include "api/validation/violation.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

std::vector<std::string> violations_of(std::string_view shape, const Json& input) {
  const auto validated = validate(sagemaker_model().shape(shape), input);
  REQUIRE_MESSAGE(validated, validated.error().message);
  return validated->violations;
}

std::vector<std::string> violations_of(const Shape& shape, const Json& input) {
  return violations_of(shape.name, input);
}

std::string error_of(std::string_view shape, const Json& input) {
  const auto validated = validate(sagemaker_model().shape(shape), input);
  REQUIRE_FALSE(validated);
  CHECK(validated.error().code == "SerializationException");
  return validated.error().message;
}

// Whether a violation ends in this rule.
bool reports(const std::vector<std::string>& violations, const std::string& rule) {
  return std::ranges::any_of(violations,
                             [&](const std::string& text) { return text.ends_with(": " + rule); });
}

bool is_number(const Shape& shape) {
  return shape.kind == ShapeKind::integer || shape.kind == ShapeKind::long_integer;
}

// A value of the shape's type whose length, or itself, is `size`.
Json sized(const Shape& shape, std::int64_t size) {
  const auto count = static_cast<std::size_t>(size);
  switch (shape.kind) {
    case ShapeKind::string:
      return std::string(count, 'a');
    case ShapeKind::list: {
      const bool text = shape.element->kind == ShapeKind::string;
      return Json(Json::array_t(count, text ? Json("a") : Json::object()));
    }
    case ShapeKind::map: {
      Json map = Json::object();
      for (std::size_t i = 0; i < count; ++i) map["a" + std::to_string(i)] = "a";
      return map;
    }
    default:
      return size;
  }
}

Json job_request() {
  return Json::parse(R"({
    "TrainingJobName": "job", "RoleArn": "arn:aws:iam::123456789012:role/trainer",
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"}
  })");
}

std::vector<std::string> job_violations(const std::string& pointer, Json value) {
  Json request = job_request();
  request[Json::json_pointer(pointer)] = std::move(value);
  return violations_of("CreateTrainingJobRequest", request);
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("every bound of the table is kept and reported") {
  int bounds = 0;
  for (const Shape* shape : sagemaker_model().shapes) {
    CAPTURE(shape->name);
    const std::string what = is_number(*shape) ? "value" : "length";
    if (shape->maximum) {
      const std::string rule =
          fmt::format("Member must have {} less than or equal to {}", what, *shape->maximum);
      CHECK(reports(violations_of(*shape, sized(*shape, *shape->maximum + 1)), rule));
      CHECK_FALSE(reports(violations_of(*shape, sized(*shape, *shape->maximum)), rule));
      ++bounds;
    }
    if (shape->minimum && (*shape->minimum > 0 || is_number(*shape))) {
      const std::string rule =
          fmt::format("Member must have {} greater than or equal to {}", what, *shape->minimum);
      CHECK(reports(violations_of(*shape, sized(*shape, *shape->minimum - 1)), rule));
      CHECK_FALSE(reports(violations_of(*shape, sized(*shape, *shape->minimum)), rule));
      ++bounds;
    }
  }
  CHECK(bounds > 100);
}

TEST_CASE("every pattern of the table compiles and refuses something") {
  int patterns = 0;
  for (const Shape* shape : sagemaker_model().shapes) {
    if (shape->pattern.empty()) continue;
    CAPTURE(shape->name);
    const std::string rule =
        fmt::format("Member must satisfy regular expression pattern: {}", shape->pattern);
    const bool any = shape->pattern == R"([\S\s]*)";
    CHECK(reports(violations_of(*shape, "\n"), rule) != any);
    ++patterns;
  }
  CHECK(patterns > 40);
}

TEST_CASE("every value of every enumeration is accepted, and no other") {
  int enumerations = 0;
  for (const Shape* shape : sagemaker_model().shapes) {
    if (shape->values.empty()) continue;
    CAPTURE(shape->name);
    for (const std::string_view value : shape->values) CHECK(violations_of(*shape, value).empty());
    const Texts broken = violations_of(*shape, "no such value");
    REQUIRE(broken.size() == 1);
    CHECK(broken[0].find("Member must satisfy enum value set: [") != std::string::npos);
    ++enumerations;
  }
  CHECK(enumerations > 15);
}

TEST_CASE("every required member of the table is missed") {
  for (const Shape* shape : sagemaker_model().shapes) {
    if (shape->kind != ShapeKind::structure) continue;
    CAPTURE(shape->name);
    const auto required = std::ranges::count_if(shape->members, &Member::required);
    CHECK(violations_of(*shape, Json::object()).size() == static_cast<std::size_t>(required));
  }
}

TEST_CASE("every shape refuses other JSON types") {
  for (const Shape* shape : sagemaker_model().shapes) {
    CAPTURE(shape->name);
    const bool is_text = shape->kind == ShapeKind::string;
    CHECK_FALSE(validate(*shape, is_text ? Json(1) : Json("text")));
    const bool is_list = shape->kind == ShapeKind::list;
    CHECK_FALSE(validate(*shape, is_list ? Json::object() : Json::array()));
  }
}

TEST_CASE("violations are worded as the service words them") {
  CHECK(violations_of("ChannelName", "a b") ==
        Texts{"Value 'a b' at '' failed to satisfy constraint: Member must satisfy regular "
              R"(expression pattern: [A-Za-z0-9\.\-_]+)"});
  CHECK(
      job_violations("/TrainingJobName", std::string(64, 'a')) ==
      Texts{"Value '" + std::string(64, 'a') +
                "' at 'trainingJobName' failed to satisfy constraint: Member must have length "
                "less than or equal to 63",
            "Value '" + std::string(64, 'a') +
                "' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular "
                "expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"});
  CHECK(job_violations("/StoppingCondition/MaxRuntimeInSeconds", 0) ==
        Texts{"Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: "
              "Member must have value greater than or equal to 1"});
  CHECK(job_violations("/OutputDataConfig/CompressionType", "zip") ==
        Texts{"Value 'zip' at 'outputDataConfig.compressionType' failed to satisfy constraint: "
              "Member must satisfy enum value set: [GZIP, NONE]"});
}

TEST_CASE("items of lists are named by their position, from one") {
  const Json channel = {{"ChannelName", "a"}, {"DataSource", Json::object()}};
  const Json broken = {{"ChannelName", "#"}, {"DataSource", Json::object()}};
  CHECK(job_violations("/InputDataConfig", {channel, broken}) ==
        Texts{"Value '#' at 'inputDataConfig.2.member.channelName' failed to satisfy constraint: "
              R"(Member must satisfy regular expression pattern: [A-Za-z0-9\.\-_]+)"});
  CHECK(job_violations("/InputDataConfig", {channel, nullptr}) ==
        Texts{"Value null at 'inputDataConfig.2.member' failed to satisfy constraint: Member must "
              "not be null"});
}

TEST_CASE("a map is reported as a whole, with all rules of its values or keys") {
  CHECK(job_violations("/HyperParameters", {{"a", "1"}, {"b", "two\nlines"}}) ==
        Texts{"Value '{a=1, b=two\nlines}' at 'hyperParameters' failed to satisfy constraint: Map "
              "value must satisfy constraint: [Member must have length less than or equal to 2500, "
              "Member must have length greater than or equal to 0, Member must satisfy regular "
              "expression pattern: .*]"});
  CHECK(job_violations("/Environment", {{"1A", "x"}}) ==
        Texts{"Value '{1A=x}' at 'environment' failed to satisfy constraint: Map keys must satisfy "
              "constraint: [Member must have length less than or equal to 512, Member must have "
              "length greater than or equal to 0, Member must satisfy regular expression pattern: "
              "[a-zA-Z_][a-zA-Z0-9_]*]"});
}

TEST_CASE("a list of plain values is reported as a whole, with all rules of its items") {
  const Texts expected = {
      "Value '[sg 1, sg-2]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member "
      "must satisfy constraint: [Member must have length less than or equal to 32, Member must "
      "have "
      "length greater than or equal to 0, Member must satisfy regular expression pattern: "
      "[-0-9a-zA-Z]+]"};
  CHECK(job_violations("/VpcConfig",
                       {{"SecurityGroupIds", {"sg 1", "sg-2"}}, {"Subnets", {"s"}}}) == expected);
}

TEST_CASE("values that lines end in are told apart as Java tells them") {
  CHECK(job_violations("/HyperParameters", {{"a", "form\ffeed"}}).empty());
  CHECK_FALSE(job_violations("/HyperParameters", {{"a", "next\xC2\x85line"}}).empty());
  CHECK_FALSE(job_violations("/HyperParameters", {{"a", "separated\xE2\x80\xA8"}}).empty());
  CHECK(job_violations("/Environment", {{"a", "two\nlines"}}).empty());
}

TEST_CASE("lengths count characters, not bytes") {
  std::string umlauts;
  for (int i = 0; i < 2500; ++i) umlauts += "ü";
  CHECK(job_violations("/HyperParameters", {{"a", umlauts}}).empty());
  CHECK(job_violations("/HyperParameters", {{"a", umlauts + "ü"}}).size() == 1);
  CHECK(count_characters("a\xF0\x9F\x98\x80z") == 3);
}

TEST_CASE("extensions are accepted at their members only") {
  const Json channel = Json::parse(R"([{"ChannelName": "a", "DataSource": {"S3DataSource":
      {"S3DataType": "S3Prefix", "S3Uri": "file:///data"}}}])");
  CHECK(job_violations("/InputDataConfig", channel).empty());
  CHECK(job_violations("/OutputDataConfig/S3OutputPath", "file:///out").empty());
  CHECK(job_violations("/OutputDataConfig/S3OutputPath", "file:///new\nline").empty());
  CHECK(job_violations("/ResourceConfig/InstanceType", "local").empty());
  CHECK(job_violations("/ResourceConfig/InstanceType", "local_gpu").empty());

  CHECK(job_violations("/OutputDataConfig/S3OutputPath", "file://host/out").size() == 1);
  CHECK(job_violations("/OutputDataConfig/S3OutputPath", "file:relative").size() == 1);
  CHECK(job_violations("/CheckpointConfig/S3Uri", "file:///out").size() == 1);
  CHECK(job_violations("/TensorBoardOutputConfig/S3OutputPath", "file:///out").size() == 1);
  CHECK(job_violations("/ResourceConfig/InstanceType", "my-local").size() == 1);
  CHECK(job_violations("/ResourceConfig/InstanceType", "local type").size() == 1);
  // Their length is bounded like any other.
  CHECK(job_violations("/OutputDataConfig/S3OutputPath", "file:///" + std::string(1017, 'a'))
            .size() == 1);
}

TEST_CASE("unknown and null members are left out of the result") {
  Json request = job_request();
  request["Surprise"] = {{"deep", {1, 2}}};
  request["VpcConfig"] = nullptr;
  request["Environment"] = {{"A", nullptr}, {"B", "b"}};
  const auto validated = validate(sagemaker_model().shape("CreateTrainingJobRequest"), request);
  REQUIRE(validated);
  CHECK(validated->violations.empty());
  Json expected = job_request();
  expected["Environment"] = {{"B", "b"}};
  CHECK(validated->value == expected);
}

TEST_CASE("a null stands for an absent member, also a required one") {
  CHECK(job_violations("/RoleArn", nullptr) ==
        Texts{"Value null at 'roleArn' failed to satisfy constraint: Member must not be null"});
}

TEST_CASE("wrong JSON types are told with place and type") {
  Json request = job_request();
  request["ResourceConfig"] = {{"InstanceCount", "two"}};
  CHECK(error_of("CreateTrainingJobRequest", request) ==
        "STRING_VALUE can not be converted to Integer at 'resourceConfig.instanceCount'");
  request["ResourceConfig"] = Json::array();
  CHECK(error_of("CreateTrainingJobRequest", request) ==
        "START_ARRAY can not be converted to Structure at 'resourceConfig'");
  CHECK(error_of("HyperParameters", {{"a", 1}}) == "NUMBER_VALUE can not be converted to String");
  CHECK(error_of("CreateTrainingJobRequest", {{"EnableNetworkIsolation", "true"}}) ==
        "STRING_VALUE can not be converted to Boolean at 'enableNetworkIsolation'");
}

TEST_CASE("whole numbers may be written with a fraction of zero, within their range") {
  const auto count = validate(sagemaker_model().shape("TrainingInstanceCount"), Json(2.0));
  REQUIRE(count);
  CHECK(count->value.is_number_integer());
  CHECK(count->value == 2);
  CHECK_FALSE(validate(sagemaker_model().shape("TrainingInstanceCount"), Json(2.5)));
  CHECK_FALSE(validate(sagemaker_model().shape("TrainingInstanceCount"), Json(2147483648)));
  CHECK_FALSE(validate(sagemaker_model().shape("Seed"), Json(1e300)));
  CHECK(validate(sagemaker_model().shape("Seed"), Json(INT64_MAX)));
  CHECK_FALSE(validate(sagemaker_model().shape("Seed"), Json(UINT64_MAX)));
}

TEST_CASE("the message of many violations stays readable") {
  const AwsError error = validation_error(Texts(1000, "Value 'a' at 'b' failed"));
  CHECK(error.message.starts_with("1000 validation errors detected: Value 'a' at 'b' failed; "));
  CHECK(error.message.ends_with("; …"));
  CHECK(error.message.size() < 4000);
  CHECK(value_in_message(std::string(5000, 'a')).size() < 1100);
}

}  // namespace trainyard::api
