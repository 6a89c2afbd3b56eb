#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "api/model/shape.h"
#include "api/wire/aws_error.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

// The query protocol's answer: <ActionResponse><ActionResult>…, members in the model's order, lists
// as <member>, moments as ISO 8601. `shape` is null for an operation without output.
Response query_response(std::string_view action, std::string_view name_space, const Shape* shape,
                        const nlohmann::json& output, std::string_view request_id);

// An error as the query protocol names it: most codes lose an "Exception", some have older names
// (ValidationError, MalformedInput, InvalidAction).
std::string_view query_code(std::string_view code);
Response query_error_response(const AwsError& error, std::string_view request_id);

}  // namespace trainyard::api
