#pragma once

// What a shape asks of a single value, and how the service words it.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/model/shape.h"

namespace trainyard::api {

// Both take a value that has the shape's type, and give the rules that it breaks.
// Its size: length in characters or items, or the value of a number.
std::vector<std::string> broken_bounds(const Shape& shape, const nlohmann::json& value);
// Its form: a string's pattern and enumeration.
std::vector<std::string> broken_form(const Shape& shape, const nlohmann::json& value);

// All rules of `shape`: "[Member must …, Member must …]".
std::string rule_list(const Shape& shape);

// Unicode characters in UTF-8 text.
std::size_t count_characters(std::string_view text);

}  // namespace trainyard::api
