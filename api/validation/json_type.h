#pragma once

#include <nlohmann/json.hpp>

#include "api/model/shape.h"
#include "api/validation/path.h"
#include "api/wire/aws_error.h"

namespace trainyard::api {

// Whether `value` has the JSON type that `shape` is written as; otherwise a SerializationException
// that says what was found, what was expected, and where. Whole numbers may be written as 1.0.
ApiResult<> check_json_type(const Shape& shape, const nlohmann::json& value, const Path& path);

}  // namespace trainyard::api
