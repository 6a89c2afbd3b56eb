#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/wire/protocol_error.h"

namespace trainyard::server {

enum class Service {
  control,  // the daemon's own paths
  sagemaker,
  logs,
  s3,
  sts,
  iam,
  cloudwatch,
  sagemaker_runtime,
  sagemaker_metrics,
  console,
  unknown,
};

std::string_view to_string(Service service);

// Where a request goes.
struct Destination {
  Service service = Service::unknown;
  api::Protocol protocol = api::Protocol::plain;
  // S3 only: the bucket that the Host names ("photos" of photos.localhost); the path is then the
  // key alone. Empty when the path names the bucket.
  std::string bucket_from_host{};
  // The signature's scope names a service other than the one the request is made for.
  bool wrong_scope = false;
  // The request carries its signature in its body (the policy of an HTML form), where its service
  // looks for it, or asks for nothing but rules (a CORS preflight).
  bool may_be_unsigned = false;

  std::optional<std::string> host_bucket() const {
    return bucket_from_host.empty() ? std::nullopt : std::optional(bucket_from_host);
  }
};

}  // namespace trainyard::server
