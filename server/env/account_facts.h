#pragma once

#include <string>

namespace trainyard::server {

// The account that the daemon plays, as far as clients are told of it.
struct AccountFacts {
  std::string region;
  std::string account_id;

  // The bucket that SageMaker's SDKs use where a program names none.
  std::string default_bucket() const { return "sagemaker-" + region + "-" + account_id; }
  // A role to name in requests. Any would do.
  std::string role_arn() const { return "arn:aws:iam::" + account_id + ":role/trainyard"; }
};

}  // namespace trainyard::server
