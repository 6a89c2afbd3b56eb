#include "api/validation/json_type.h"

#include <cmath>
#include <limits>

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

std::string_view found_name(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      return "STRING_VALUE";
    case Json::value_t::boolean:
      return value.get<bool>() ? "TRUE_VALUE" : "FALSE_VALUE";
    case Json::value_t::array:
      return "START_ARRAY";
    case Json::value_t::object:
      return "START_OBJECT";
    case Json::value_t::null:
      return "NULL_VALUE";
    default:
      return "NUMBER_VALUE";
  }
}

std::string_view wanted_name(ShapeKind kind) {
  switch (kind) {
    case ShapeKind::structure:
      return "Structure";
    case ShapeKind::list:
      return "List";
    case ShapeKind::map:
      return "Map";
    case ShapeKind::string:
      return "String";
    case ShapeKind::integer:
      return "Integer";
    case ShapeKind::long_integer:
      return "Long";
    case ShapeKind::floating:
      return "Float";
    case ShapeKind::boolean:
      return "Boolean";
    case ShapeKind::timestamp:
      break;
  }
  return "Timestamp";
}

template <typename Integer>
bool is_whole_number(const Json& value) {
  using Limits = std::numeric_limits<Integer>;
  if (value.is_number_float()) {
    const double number = value.get<double>();
    // The upper end is the first value beyond the range, which a double holds exactly.
    return number == std::floor(number) && number >= static_cast<double>(Limits::min()) &&
           number < -static_cast<double>(Limits::min());
  }
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(Limits::max());
  }
  return value.is_number_integer() && value.get<std::int64_t>() >= Limits::min() &&
         value.get<std::int64_t>() <= Limits::max();
}

bool has_type(ShapeKind kind, const Json& value) {
  switch (kind) {
    case ShapeKind::structure:
    case ShapeKind::map:
      return value.is_object();
    case ShapeKind::list:
      return value.is_array();
    case ShapeKind::string:
      return value.is_string();
    case ShapeKind::integer:
      return is_whole_number<std::int32_t>(value);
    case ShapeKind::long_integer:
      return is_whole_number<std::int64_t>(value);
    case ShapeKind::boolean:
      return value.is_boolean();
    case ShapeKind::floating:
    case ShapeKind::timestamp:
      break;
  }
  return value.is_number();
}

}  // namespace

ApiResult<> check_json_type(const Shape& shape, const Json& value, const Path& path) {
  if (has_type(shape.kind, value)) return {};
  const std::string where = path.in_message();
  return failure(AwsError::serialization(
      fmt::format("{} can not be converted to {}{}", found_name(value), wanted_name(shape.kind),
                  where.empty() ? "" : fmt::format(" at '{}'", where))));
}

}  // namespace trainyard::api
