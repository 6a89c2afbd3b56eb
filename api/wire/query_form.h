#pragma once

// The query protocol's input: a form with Action, Version and the operation's members, flattened
// to names such as `Dimensions.member.1.Name`.

#include <string>

#include <nlohmann/json.hpp>

#include "api/model/shape.h"
#include "api/wire/aws_error.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

struct QueryForm {
  std::string action;
  // The other fields, their names taken apart at the dots: objects within objects, texts at the
  // ends.
  nlohmann::json fields = nlohmann::json::object();
};

// Takes a form apart. SerializationException for bad escapes, for a name that is a text and a
// structure at once, and for what is beyond the bounds of request_text.h.
ApiResult<QueryForm> parse_query_form(std::string_view form);

// From the body of a POST, or from the query of a GET.
ApiResult<QueryForm> read_query_form(Request& request);

// The fields as the JSON form of the same call would have them: lists, numbers, truth values, and
// moments as seconds. A text that is none of what its shape asks for stays a text, for the
// validation to refuse.
nlohmann::json typed_by(const Shape& shape, const nlohmann::json& fields);

}  // namespace trainyard::api
