#pragma once

// What goes wrong in S3's own terms: its codes, HTTP statuses and texts, as in the "Error
// responses" page of the Amazon S3 API reference.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "api/wire/http_message.h"
#include "runtime/base/result.h"

namespace trainyard::api {

struct S3Error {
  std::string code;
  std::string message;                                       // "": the code's usual text
  std::vector<std::pair<const char*, std::string>> details;  // further elements: Key, BucketName, …
  std::vector<std::pair<const char*, std::string>> headers{};
};

template <typename T = void>
using S3Result = tl::expected<T, S3Error>;

inline tl::unexpected<S3Error> s3_failure(std::string code, std::string message = "") {
  return tl::unexpected<S3Error>(S3Error{std::move(code), std::move(message), {}});
}

inline tl::unexpected<S3Error> s3_failure(
    std::string code, std::vector<std::pair<const char*, std::string>> details) {
  return tl::unexpected<S3Error>(S3Error{std::move(code), "", std::move(details)});
}

int status_of(std::string_view code);
std::string_view message_of(std::string_view code);

// The answer. `head`: to a HEAD request, which has no body.
Response s3_error_response(const S3Error& error, const std::string& resource,
                           const std::string& request_id, bool head);

// A failure of ours, or of the connection, that has no more exact code.
S3Error general_error(const Error& error);

// A Result of the runtime in S3's terms, where not_found and conflict cannot happen.
template <typename T>
S3Result<T> lift(Result<T> result) {
  if (!result) return tl::unexpected<S3Error>(general_error(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

}  // namespace trainyard::api
