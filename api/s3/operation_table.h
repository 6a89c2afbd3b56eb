#pragma once

// Which operation a request means: a pure function of its method, of whether it names a bucket and
// a key, and of the sub-resource among its query parameters.

#include <optional>
#include <string>
#include <string_view>

#include "api/s3/s3_call.h"

namespace trainyard::api {

using S3Handler = S3Result<Response> (*)(S3Call&);

struct S3Operation {
  std::string_view name;  // as in the Amazon S3 API reference; lives for ever
  S3Handler handler;
  bool signed_inside = false;  // by fields of its body
};

// NotImplemented for a sub-resource that is not served, MethodNotAllowed where there is no such
// operation at all.
S3Result<const S3Operation*> find_operation(const S3Call& call);

// Whether the request means an operation whose signature is in its body (the upload of an HTML
// form), which that operation itself judges. No other one looks for it there.
bool is_signed_inside(const Request& request, const std::optional<std::string>& bucket_from_host);

}  // namespace trainyard::api
