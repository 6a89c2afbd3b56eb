#include "api/sagemaker/sagemaker_service.h"

#include "api/sagemaker/model.h"
#include "api/sagemaker/operations.h"
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
  if (sagemaker_model().knows(name)) {
    return failure(AwsError::not_implemented(
        fmt::format("Trainyard does not serve SageMaker's operation {}. It serves training jobs "
                    "and their tags; COMPATIBILITY.md lists the operations.",
                    name)));
  }
  return failure(AwsError::unknown_operation(name));
}

ApiResult<Json> valid_input(const SageMakerOperation& operation, const Json& body) {
  TRY(Validated input, validate(*sagemaker_model().find(operation.name)->input, body));
  if (operation.check_presence) operation.check_presence(input.value, input.violations);
  if (!input.violations.empty()) return failure(validation_error(input.violations));
  return std::move(input.value);
}

Response response_to(SageMakerContext& context, const SageMakerOperation& operation,
                     const Json& input, const std::string& request_id) {
  const ApiResult<Json> output = operation.run(context, input);
  if (!output) return json_error_response(output.error(), request_id);
  return json_response(*output, request_id);
}

}  // namespace

SageMakerService::SageMakerService(TrainingJobs& jobs, ObjectStore& objects, CheckFile check_file,
                                   Settings settings, std::unique_ptr<DescribeHolds> holds)
    : context_{jobs, objects, std::move(check_file), std::move(settings), {}},
      holds_(std::move(holds)) {
}

Response SageMakerService::handle(Request& request) {
  auto answered = answer(request);
  Response response =
      answered ? std::move(*answered) : json_error_response(answered.error(), request.id);
  const std::string_view operation = target_operation(request, "SageMaker");
  if (sagemaker_model().knows(operation)) response.operation = operation;
  return response;
}

ApiResult<Response> SageMakerService::answer(Request& request) {
  TRY(const SageMakerOperation* operation, find_operation(target_operation(request, "SageMaker")));
  TRY(const Json body, read_json_body(request));
  TRY(const Json input, valid_input(*operation, body));
  if (!holds_) return response_to(context_, *operation, input, request.id);

  const Asker asker = asker_of(request.headers.get("User-Agent"));
  const std::string job = input.value("TrainingJobName", "");
  if (operation->name == "DescribeTrainingJob") {
    auto held = holds_->hold(asker, job, [this, operation, input, id = request.id] {
      return response_to(context_, *operation, input, id);
    });
    if (held) {
      Response response = json_response(nullptr, request.id);
      response.body = std::move(*held);
      return response;
    }
  }
  Response response = response_to(context_, *operation, input, request.id);
  const bool created = operation->name == "CreateTrainingJob" && response.status == 200;
  if (created) holds_->note_creation(asker, job);
  return response;
}

}  // namespace trainyard::api
