#pragma once

// CBOR (RFC 8949) as Smithy's RPC v2 protocol uses it. Values are kept as the JSON form of the same
// call has them: a time stamp (tag 1) is its number of seconds, other tags are passed over.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/model/shape.h"
#include "api/wire/aws_error.h"

namespace trainyard::api {

// An operation's input; always an object, `{}` for an empty body. SerializationException for what
// is no CBOR, holds byte strings, or is beyond the bounds of request_text.h.
ApiResult<nlohmann::json> parse_cbor_body(std::string_view bytes);

// A value of the shape. Members that the shape does not know are left out.
std::string to_cbor(const Shape& shape, const nlohmann::json& value);

}  // namespace trainyard::api
