#include "api/service/modelled_service.h"

#include "api/validation/validate.h"
#include "api/validation/violation.h"
#include "api/wire/aws_json.h"
#include "api/wire/cbor.h"
#include "api/wire/query_answer.h"
#include "api/wire/query_form.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

std::string_view path_operation(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

void make_cbor(Response& response) {
  response.headers.set("Content-Type", "application/cbor");
  response.headers.set("Smithy-Protocol", "rpc-v2-cbor");
}

// Clients that come from the query protocol ask for its names of the errors.
void add_query_name(const AwsError& error, const Request& request, Response& response) {
  if (request.headers.get("x-amzn-query-mode") != "true") return;
  response.headers.add(
      "x-amzn-query-error",
      fmt::format("{};{}", query_code(error.code), error.status < 500 ? "Sender" : "Receiver"));
}

Response error_answer(const AwsError& error, Protocol protocol, const Request& request) {
  if (protocol == Protocol::query) return query_error_response(error, request.id);
  Response response = error_response(protocol, error.status, error.code, error.message, request.id);
  add_query_name(error, request, response);
  return response;
}

}  // namespace

struct ModelledService::Call {
  std::string operation;
  Json input;  // of a form: its fields
};

ModelledService::ModelledService(const ServiceProtocols& protocols, const ServiceModel& model,
                                 std::map<std::string_view, Operation> operations)
    : protocols_(protocols), model_(model), operations_(std::move(operations)) {
}

ApiResult<ModelledService::Call> ModelledService::read(Request& request, Protocol protocol) const {
  if (protocol == Protocol::query) {
    TRY(QueryForm form, read_query_form(request));
    return Call{std::move(form.action), std::move(form.fields)};
  }
  if (protocol == Protocol::cbor) {
    TRY(const std::string body, read_request_text(request));
    TRY(Json input, parse_cbor_body(body));
    return Call{std::string(path_operation(request.path)), std::move(input)};
  }
  TRY(Json input, read_json_body(request));
  return Call{std::string(target_operation(request, protocols_.target)), std::move(input)};
}

ApiResult<Json> ModelledService::run(Call& call, Protocol protocol, const Request& request) const {
  const auto operation = operations_.find(call.operation);
  if (operation == operations_.end()) {
    if (!model_.knows(call.operation)) return failure(AwsError::unknown_operation(call.operation));
    return failure(AwsError::not_implemented(
        fmt::format("Trainyard does not serve {}'s operation {}. COMPATIBILITY.md lists those that "
                    "it serves.",
                    protocols_.service, call.operation)));
  }
  const Shape* shape = model_.find(call.operation)->input;
  if (shape == nullptr) return operation->second(Json::object(), request);
  if (protocol == Protocol::query) call.input = typed_by(*shape, call.input);
  TRY(const Validated input, validate(*shape, call.input));
  if (!input.violations.empty()) return failure(validation_error(input.violations));
  return operation->second(input.value, request);
}

Response ModelledService::answer(const Call& call, Protocol protocol, const Json& output,
                                 const Request& request) const {
  const Shape* shape = model_.find(call.operation)->output;
  if (protocol == Protocol::query) {
    return query_response(call.operation, protocols_.name_space, shape, output, request.id);
  }
  Response response = json_response(output, request.id);
  if (protocol == Protocol::json) {
    response.headers.set("Content-Type", "application/x-amz-json-1.0");
    return response;
  }
  make_cbor(response);
  if (shape != nullptr) response.body = to_cbor(*shape, output);
  return response;
}

Response ModelledService::handle(Request& request, Protocol protocol) const {
  auto call = read(request, protocol);
  if (!call) return error_answer(call.error(), protocol, request);
  const auto output = run(*call, protocol, request);
  Response response = output ? answer(*call, protocol, *output, request)
                             : error_answer(output.error(), protocol, request);
  if (model_.knows(call->operation)) response.operation = std::move(call->operation);
  return response;
}

}  // namespace trainyard::api
