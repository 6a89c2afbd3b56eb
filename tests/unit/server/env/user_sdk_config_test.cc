#include "server/env/user_sdk_config.h"

#include <doctest/doctest.h>

namespace trainyard::server {

namespace {

const SdkDefaults defaults{"sagemaker-us-east-1-123456789012",
                           "arn:aws:iam::123456789012:role/trainyard"};

std::string merged(const std::string& config) {
  return merged_sdk_config(config, defaults).value();
}

}  // namespace

TEST_CASE("without a configuration of the user's, ours stands alone") {
  const std::string expected =
      "SchemaVersion: \"1.0\"\n"
      "SageMaker: \n"
      "  PythonSDK: \n"
      "    Modules: \n"
      "      Session: \n"
      "        DefaultS3Bucket: sagemaker-us-east-1-123456789012\n"
      "      TelemetryOptOut: true\n"
      "  TrainingJob: \n"
      "    RoleArn: arn:aws:iam::123456789012:role/trainyard\n";
  CHECK(merged("") == expected);
  CHECK(merged("# nothing but a comment\n") == expected);
  // What was merged stays as it is.
  CHECK(merged(expected) == expected);
}

TEST_CASE("the user's entries stay as they are written") {
  const std::string text = merged(
      "SchemaVersion: '1.0'\n"
      "CustomParameters: {number: 1, text: '1', yes: yes, \"a: b\": \"x\\ty\", empty: ~}\n"
      "SageMaker:\n"
      "  PythonSDK:\n"
      "    Modules:\n"
      "      Session: {DefaultS3Bucket: mine, DefaultS3ObjectKeyPrefix: here}\n"
      "      TelemetryOptOut: false\n"
      "  TrainingJob:\n"
      "    RoleArn: mine\n"
      "    VpcConfig:\n"
      "      Subnets: [a, 'b', {c: d}]\n"
      "      Lines: |\n"
      "        one\n"
      "        two\n");
  for (const char* line :
       {"SchemaVersion: \"1.0\"\n", "  number: 1\n", "  text: \"1\"\n", "  yes: yes\n",
        "  \"a: b\": \"x\\ty\"\n", "  empty: null\n", "        DefaultS3ObjectKeyPrefix: here\n",
        "        DefaultS3Bucket: sagemaker-us-east-1-123456789012\n",
        "      TelemetryOptOut: true\n", "    RoleArn: arn:aws:iam::123456789012:role/trainyard\n",
        "        - a\n", "        - \"b\"\n", "      Lines: \"one\\ntwo\\n\"\n"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(text.find("mine") == std::string::npos);
  CHECK(merged(text) == text);
}

TEST_CASE("what is no configuration is refused, not lost") {
  for (const char* text : {"- a list", "just text", "{unclosed", "SageMaker: text",
                           "SageMaker: {PythonSDK: [1]}", "a: *unknown"}) {
    CAPTURE(text);
    const auto config = merged_sdk_config(text, defaults);
    REQUIRE_FALSE(config);
    CHECK(config.error().kind == ErrorKind::invalid_argument);
  }
}

TEST_CASE("anchors that multiply without end are refused") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 9; ++level) {
    const std::string before = "*a" + std::to_string(level - 1);
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + before;
    for (int count = 0; count < 9; ++count) text += ", " + before;
    text += "]\n";
  }
  CHECK(merged_sdk_config(text, defaults).error().kind == ErrorKind::limit_exceeded);
}

}  // namespace trainyard::server
