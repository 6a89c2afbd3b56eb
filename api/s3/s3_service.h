#pragma once

// Amazon S3 over the embedded store: the operations of the Amazon S3 API reference that need no
// account but one. Everything else is answered with S3's own NotImplemented or MethodNotAllowed,
// never as if it were another operation.
//
// `handle` may be called from any number of threads at once. The store must outlive the service and
// every response that has not been sent.

#include <optional>
#include <string>

#include "api/s3/s3_call.h"

namespace trainyard::api {

class S3Service {
 public:
  explicit S3Service(EmbeddedStore& store, S3Settings settings = {})
      : store_(store), settings_(std::move(settings)) {}

  // `bucket_from_host`: the bucket of a virtual-hosted request; without it the path begins with the
  // bucket. Request ids are added by the front door.
  Response handle(Request& request, const std::optional<std::string>& bucket_from_host);

 private:
  S3Result<Response> dispatch(Request& request, const std::optional<std::string>& bucket_from_host);

  EmbeddedStore& store_;
  S3Settings settings_;
};

}  // namespace trainyard::api
