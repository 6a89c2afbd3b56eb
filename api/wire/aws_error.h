#pragma once

// An error of a service's operation as a value: made where the rule is, turned into its wire form
// in one place. Codes are AWS's own; the message says what happened, to what, and what to do.

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "api/wire/http_message.h"
#include "runtime/base/result.h"

namespace trainyard::api {

struct AwsError {
  std::string code;
  std::string message;
  int status = 400;
  // Errors that the service model knows carry "Message", all others "message".
  bool modelled = false;

  // The input breaks a rule of the service, or names something that is not there.
  static AwsError validation(std::string message);
  // The body is not what the protocol asks for.
  static AwsError serialization(std::string message);
  static AwsError unknown_operation(std::string_view operation);
  static AwsError not_implemented(std::string message);
  static AwsError request_too_large(std::string message);
  static AwsError internal_failure(std::string message);
  static AwsError unavailable(std::string message);
  // Modelled by SageMaker.
  static AwsError resource_in_use(std::string message);
  static AwsError resource_limit_exceeded(std::string message);
  static AwsError resource_not_found(std::string message);

  // For errors of the runtime that an operation has no rule for.
  static AwsError from(const Error& error);
};

template <typename T = void>
using ApiResult = tl::expected<T, AwsError>;

inline tl::unexpected<AwsError> failure(AwsError error) {
  return tl::unexpected<AwsError>(std::move(error));
}

// The error as an AWS JSON 1.1 answer.
Response json_error_response(const AwsError& error, std::string_view request_id);

}  // namespace trainyard::api
