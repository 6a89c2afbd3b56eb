#include "api/logs/log_errors.h"

namespace trainyard::api {

AwsError invalid_log_parameter(std::string message) {
  return {"InvalidParameterException", std::move(message)};
}

AwsError no_such_log_group() {
  return {"ResourceNotFoundException", "The specified log group does not exist."};
}

AwsError no_such_log_stream() {
  return {"ResourceNotFoundException", "The specified log stream does not exist."};
}

AwsError log_group_exists() {
  return {"ResourceAlreadyExistsException", "The specified log group already exists"};
}

AwsError log_stream_exists() {
  return {"ResourceAlreadyExistsException", "The specified log stream already exists"};
}

AwsError log_operation_aborted(std::string message) {
  return {"OperationAbortedException", std::move(message)};
}

AwsError invalid_log_token() {
  return invalid_log_parameter("The specified nextToken is invalid.");
}

AwsError log_error(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid_argument:
      return invalid_log_parameter(error.message);
    case ErrorKind::limit_exceeded:
    case ErrorKind::unavailable:
    case ErrorKind::timed_out:
    case ErrorKind::cancelled:
      return {"ServiceUnavailableException", error.message, 503};
    default:
      return AwsError::internal_failure(error.message);
  }
}

}  // namespace trainyard::api
