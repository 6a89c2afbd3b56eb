#pragma once

// Amazon S3 over the buckets that there are: the operations of the Amazon S3 API reference that
// need no account but one. Everything else is answered with S3's own NotImplemented or
// MethodNotAllowed, never as if it were another operation.
//
// `handle` may be called from any number of threads at once. The buckets must outlive the service
// and every response that has not been sent.

#include <optional>
#include <string>

#include "api/s3/s3_call.h"

namespace trainyard::api {

class S3Service {
 public:
  S3Service(Buckets& buckets, Clock& clock, S3Settings settings = {})
      : buckets_(buckets), clock_(clock), settings_(std::move(settings)) {}

  // `bucket_from_host`: the bucket of a virtual-hosted request; without it the path begins with the
  // bucket. Request ids are added by the front door.
  Response handle(Request& request, const std::optional<std::string>& bucket_from_host);

  // Whether the rules of the bucket let a page of the request's Origin send it; a preflight is let
  // in, to be answered by the same rules.
  bool admits_page(Request& request, const std::optional<std::string>& bucket_from_host);

 private:
  S3Result<S3Call> take_apart(Request& request, const std::optional<std::string>& bucket_from_host);

  Buckets& buckets_;
  Clock& clock_;
  S3Settings settings_;
};

}  // namespace trainyard::api
