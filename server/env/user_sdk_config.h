#pragma once

// The configuration file of the SageMaker Python SDK: the user's own, with what keeps the SDK at
// this daemon and off the internet put in. The user's file is only read.
//
// YAML in, YAML out: scalars stay written as they were, since a quoted "1.0" is another thing than
// a plain one. Anchors are written out, comments are not kept.

#include <cstddef>
#include <string>

#include "runtime/base/result.h"

namespace trainyard::server {

struct SdkDefaults {
  std::string default_bucket;
  std::string role_arn;
};

// `user_config` is "" when there is none. invalid_argument when it is no YAML, or not of the form
// that the SDK asks for; limit_exceeded when it grows beyond all reason by its anchors.
Result<std::string> merged_sdk_config(const std::string& user_config, const SdkDefaults& defaults);

inline constexpr std::size_t sdk_config_bytes_max = 1 << 20;

}  // namespace trainyard::server
