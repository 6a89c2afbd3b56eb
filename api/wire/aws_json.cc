#include "api/wire/aws_json.h"

#include "api/wire/bounded_json.h"
#include "api/wire/protocol_error.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

}  // namespace

std::string_view target_operation(const Request& request, std::string_view prefix) {
  std::string_view target = request.headers.get("X-Amz-Target");
  if (!target.starts_with(prefix)) return "";
  target.remove_prefix(prefix.size());
  if (!target.starts_with('.')) return "";
  return target.substr(1);
}

ApiResult<Json> parse_json_body(std::string_view text) {
  if (text.empty()) return Json::object();
  if (const auto problem = json_problem(text)) {
    return failure(AwsError::serialization(fmt::format("The request body {}.", *problem)));
  }
  Json body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) {
    return failure(AwsError::serialization("The request body must be a JSON object."));
  }
  return body;
}

ApiResult<Json> read_json_body(Request& request) {
  TRY(const std::string text, read_request_text(request));
  return parse_json_body(text);
}

std::string to_json_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Response json_response(const Json& output, std::string_view request_id) {
  Response response;
  response.headers.add("Content-Type", "application/x-amz-json-1.1");
  add_request_id(Protocol::json, response, request_id);
  if (!output.is_null()) response.body = to_json_text(output);
  return response;
}

}  // namespace trainyard::api
