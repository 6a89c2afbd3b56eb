#pragma once

// The errors of the Logs service, under the names of its model. Where the service's texts are known
// they are used word for word.

#include <string>

#include "api/wire/aws_error.h"

namespace trainyard::api {

AwsError invalid_log_parameter(std::string message);
AwsError no_such_log_group();
AwsError no_such_log_stream();
AwsError log_group_exists();
AwsError log_stream_exists();
// Somebody else is at work on what the operation would change.
AwsError log_operation_aborted(std::string message);
// "The specified nextToken is invalid."
AwsError invalid_log_token();

// For errors of the runtime that an operation has no rule for.
AwsError log_error(const Error& error);

}  // namespace trainyard::api
