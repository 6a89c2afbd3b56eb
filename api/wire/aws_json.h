#pragma once

// AWS JSON 1.1: an operation's input in the body of a POST, its output in the body of the answer.

#include <string_view>

#include <nlohmann/json.hpp>

#include "api/wire/aws_error.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

// Legal requests reach 3 MB.
inline constexpr std::size_t json_body_bytes_max = 8 * 1024 * 1024;
// Bounds against bodies that are small on the wire and large in memory.
inline constexpr std::size_t json_depth_max = 64;
inline constexpr std::size_t json_values_max = 200'000;

// The operation that `X-Amz-Target: <prefix>.<operation>` names; "" when the header is missing or
// has another prefix.
std::string_view target_operation(const Request& request, std::string_view prefix);

// Reads and parses the request's body; always an object, `{}` for an empty body. A body that is too
// large by its stated length is refused before it is read.
ApiResult<nlohmann::json> read_json_body(Request& request);

// Parses a body that has been read.
ApiResult<nlohmann::json> parse_json_body(std::string_view text);

// The answer with `output` as its body; null stands for an operation without output.
Response json_response(const nlohmann::json& output, std::string_view request_id);

}  // namespace trainyard::api
