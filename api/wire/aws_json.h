#pragma once

// AWS JSON: an operation's input in the body of a POST, its output in the body of the answer. Its
// versions 1.0 and 1.1 differ in the content type.

#include <string_view>

#include <nlohmann/json.hpp>

#include "api/wire/aws_error.h"
#include "api/wire/http_message.h"
#include "api/wire/request_text.h"

namespace trainyard::api {

// The operation that `X-Amz-Target: <prefix>.<operation>` names; "" when the header is missing or
// has another prefix.
std::string_view target_operation(const Request& request, std::string_view prefix);

// Reads and parses the request's body; always an object, `{}` for an empty body.
ApiResult<nlohmann::json> read_json_body(Request& request);

// Parses a body that has been read.
ApiResult<nlohmann::json> parse_json_body(std::string_view text);

// The answer with `output` as its body; null stands for an operation without output.
Response json_response(const nlohmann::json& output, std::string_view request_id);

// JSON text of any value: bytes that are not UTF-8 are replaced.
std::string to_json_text(const nlohmann::json& value);

}  // namespace trainyard::api
