#pragma once

// What a program's environment must say so that AWS's and SageMaker's client libraries talk to this
// daemon and to nobody else. Pure; any thread.

#include <filesystem>
#include <map>
#include <string>

#include "server/env/shell_text.h"

namespace trainyard::server {

struct EnvFacts {
  std::string url;
  std::string region;
  std::string access_key_id;
  std::string secret_access_key;
  std::filesystem::path aws_data;    // directory with definitions for botocore
  std::filesystem::path sdk_config;  // file of the SageMaker Python SDK
};

// `present` is the environment as it is now.
EnvChanges env_changes(const EnvFacts& facts, const std::map<std::string, std::string>& present);

}  // namespace trainyard::server
