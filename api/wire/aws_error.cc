#include "api/wire/aws_error.h"

#include "api/wire/aws_json.h"
#include "api/wire/protocol_error.h"

namespace trainyard::api {

AwsError AwsError::validation(std::string message) {
  return {"ValidationException", std::move(message)};
}

AwsError AwsError::serialization(std::string message) {
  return {"SerializationException", std::move(message)};
}

AwsError AwsError::unknown_operation(std::string_view operation) {
  return {"UnknownOperationException",
          operation.empty()
              ? "The request names no operation: X-Amz-Target, or a form's Action, is missing."
              : fmt::format("There is no operation \"{}\".", operation)};
}

AwsError AwsError::not_implemented(std::string message) {
  return {"NotImplementedException", std::move(message), 501};
}

AwsError AwsError::request_too_large(std::string message) {
  return {"RequestEntityTooLargeException", std::move(message), 413};
}

AwsError AwsError::internal_failure(std::string message) {
  return {"InternalFailure", std::move(message), 500};
}

AwsError AwsError::unavailable(std::string message) {
  return {"ServiceUnavailable", std::move(message), 503};
}

AwsError AwsError::resource_in_use(std::string message) {
  return {"ResourceInUse", std::move(message), 400, true};
}

AwsError AwsError::resource_limit_exceeded(std::string message) {
  return {"ResourceLimitExceeded", std::move(message), 400, true};
}

AwsError AwsError::resource_not_found(std::string message) {
  return {"ResourceNotFound", std::move(message), 400, true};
}

AwsError AwsError::from(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid_argument:
    case ErrorKind::permission_denied:
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::unsupported:
      return validation(error.message);
    case ErrorKind::already_exists:
      return resource_in_use(error.message);
    case ErrorKind::limit_exceeded:
      return resource_limit_exceeded(error.message);
    case ErrorKind::unavailable:
    case ErrorKind::timed_out:
    case ErrorKind::cancelled:
      return unavailable(error.message);
    case ErrorKind::data_corrupt:
    case ErrorKind::internal:
      break;
  }
  return internal_failure(error.message);
}

Response json_error_response(const AwsError& error, std::string_view request_id) {
  Response response =
      error_response(Protocol::json, error.status, error.code, error.message, request_id);
  if (error.modelled) {
    response.body = to_json_text({{"__type", error.code}, {"Message", error.message}});
  }
  return response;
}

}  // namespace trainyard::api
