#include "api/sagemaker/hold_rule.h"

#include <doctest/doctest.h>

namespace trainyard::api {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("who asks is told from the user agent") {
  const std::string boto3 =
      "Boto3/1.44.2 md/Botocore#1.44.2 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11 "
      "md/pyimpl#CPython ";
  CHECK(asker_of(boto3 + "m/Z,B,b cfg/retry-mode#legacy Botocore/1.44.2") == Asker::waiter);
  CHECK(asker_of(boto3 + "m/B") == Asker::waiter);
  CHECK(asker_of(boto3 + "m/Z,b cfg/retry-mode#legacy Botocore/1.44.2") == Asker::other);
  CHECK(asker_of(boto3 + "m/BB,AB md/B") == Asker::other);
  CHECK(asker_of("aws-cli/1.45.2 md/Botocore#1.44.2 m/b,B,N md/command#sagemaker.wait") ==
        Asker::waiter);
  CHECK(asker_of("AWS-SageMaker-Python-SDK/2.100.0 Python/3.8 Boto3/1.20") == Asker::sagemaker_sdk);
  CHECK(asker_of(boto3 + "m/b Botocore/1.44.2 lib/AWS-SageMaker-Python-SDK#2.257.6") ==
        Asker::sagemaker_sdk);
  CHECK(asker_of(boto3 + "m/b Botocore/1.44.2 lib/AWS-SageMakerCore#2.20.0") ==
        Asker::sagemaker_core);
  CHECK(asker_of("") == Asker::other);
  CHECK(asker_of("curl/8") == Asker::other);
}

TEST_CASE("whose question is held, and how long") {
  struct Row {
    DescribeQuestion question;
    std::optional<Hold> hold;
  };
  const Row rows[] = {
      {{Asker::other, false, false, seconds(1)}, std::nullopt},
      {{Asker::waiter, false, false, seconds(1)}, Hold{}},
      {{Asker::waiter, false, false, seconds(100'000)}, Hold{}},
      {{Asker::waiter, true, false, seconds(1)}, std::nullopt},
      {{Asker::sagemaker_sdk, false, false, seconds(5)}, Hold{milliseconds(8'000)}},
      {{Asker::sagemaker_sdk, false, true, seconds(0)}, Hold{milliseconds(8'000)}},
      {{Asker::sagemaker_sdk, true, false, seconds(5)}, std::nullopt},
      {{Asker::sagemaker_sdk, false, false, seconds(27)}, Hold{milliseconds(3'000)}},
      {{Asker::sagemaker_sdk, false, false, seconds(30)}, std::nullopt},
      {{Asker::sagemaker_core, false, true, seconds(0)}, std::nullopt},
      {{Asker::sagemaker_core, false, false, seconds(0)}, Hold{milliseconds(8'000)}},
      {{Asker::sagemaker_core, false, false, seconds(31)}, std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(static_cast<int>(row.question.asker));
    CAPTURE(row.question.age.count());
    CHECK(hold_of(row.question, default_hold) == row.hold);
  }
}

}  // namespace trainyard::api
