#include "api/wire/aws_json.h"

#include "api/wire/protocol_error.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// Looks through a text without building anything from it: is it JSON, and within the bounds?
class BodyChecker final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override { return count(); }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return descend(); }
  bool start_array(std::size_t) override { return descend(); }
  bool end_object() override { return ascend(); }
  bool end_array() override { return ascend(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    problem_ = fmt::format("The request body is not valid JSON (at byte {}).", position);
    return false;
  }

  const std::string& problem() const { return problem_; }

 private:
  bool count() {
    if (++values_ <= request_values_max) return true;
    problem_ = fmt::format("The request body has more than {} values.", request_values_max);
    return false;
  }
  bool descend() {
    if (++depth_ > request_depth_max) {
      problem_ =
          fmt::format("The request body is nested more than {} levels deep.", request_depth_max);
      return false;
    }
    return count();
  }
  bool ascend() {
    --depth_;
    return true;
  }

  std::size_t depth_ = 0;
  std::size_t values_ = 0;
  std::string problem_;
};

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
  BodyChecker checker;
  if (!Json::sax_parse(text, &checker)) return failure(AwsError::serialization(checker.problem()));
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
