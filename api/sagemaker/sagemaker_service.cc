#include "api/sagemaker/sagemaker_service.h"

#include "api/sagemaker/known_operations.h"
#include "api/sagemaker/operations.h"
#include "api/validation/training_shapes.h"
#include "api/validation/validate.h"
#include "api/validation/violation.h"
#include "api/wire/aws_json.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

ApiResult<const SageMakerOperation*> find_operation(std::string_view name) {
  for (const SageMakerOperation& operation : sagemaker_operations()) {
    if (operation.name == name) return &operation;
  }
  if (is_known_operation(name)) {
    return failure(AwsError::not_implemented(
        fmt::format("Trainyard does not serve SageMaker's operation {}. It serves training jobs "
                    "and their tags; COMPATIBILITY.md lists the operations.",
                    name)));
  }
  return failure(AwsError::unknown_operation(name));
}

ApiResult<Json> valid_input(const SageMakerOperation& operation, const Json& body) {
  TRY(Validated input, validate(training_shape(operation.input_shape), body));
  if (operation.check_presence) operation.check_presence(input.value, input.violations);
  if (!input.violations.empty()) return failure(validation_error(input.violations));
  return std::move(input.value);
}

ApiResult<Json> run(SageMakerContext& context, Request& request) {
  TRY(const SageMakerOperation* operation, find_operation(target_operation(request, "SageMaker")));
  TRY(const Json body, read_json_body(request));
  TRY(const Json input, valid_input(*operation, body));
  return operation->run(context, input);
}

}  // namespace

SageMakerService::SageMakerService(TrainingJobs& jobs, ObjectStore& objects, CheckFile check_file,
                                   Settings settings)
    : context_{jobs, objects, std::move(check_file), std::move(settings), {}} {
}

Response SageMakerService::handle(Request& request) {
  const ApiResult<Json> output = run(context_, request);
  if (!output) return json_error_response(output.error(), request.id);
  return json_response(*output, request.id);
}

}  // namespace trainyard::api
