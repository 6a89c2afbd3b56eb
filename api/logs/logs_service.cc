#include "api/logs/logs_service.h"

#include "api/logs/log_errors.h"
#include "api/logs/model.h"
#include "api/logs/operations.h"
#include "api/validation/validate.h"
#include "api/validation/violation.h"
#include "api/wire/aws_json.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

ApiResult<const LogsOperation*> find_operation(std::string_view name) {
  for (const LogsOperation& operation : logs_operations()) {
    if (operation.name == name) return &operation;
  }
  if (logs_model().knows(name)) {
    return failure(AwsError::not_implemented(
        fmt::format("Trainyard does not serve the operation {} of CloudWatch Logs; "
                    "COMPATIBILITY.md lists those that it serves.",
                    name)));
  }
  return failure(AwsError{"UnknownOperationException",
                          fmt::format("CloudWatch Logs has no operation \"{}\".", name)});
}

ApiResult<Json> run(LogsContext& context, Request& request) {
  TRY(const LogsOperation* operation, find_operation(target_operation(request, "Logs_20140328")));
  TRY(const Json body, read_json_body(request));
  TRY(Validated input, validate(*logs_model().find(operation->name)->input, body));
  // The service words broken rules as others do, under a name of its own.
  if (!input.violations.empty()) {
    return failure(invalid_log_parameter(validation_error(input.violations).message));
  }
  return operation->run(context, input.value);
}

}  // namespace

Response LogsService::handle(Request& request) {
  const ApiResult<Json> output = run(context_, request);
  Response response =
      output ? json_response(*output, request.id) : json_error_response(output.error(), request.id);
  const std::string_view operation = target_operation(request, "Logs_20140328");
  if (logs_model().knows(operation)) response.operation = operation;
  return response;
}

}  // namespace trainyard::api
