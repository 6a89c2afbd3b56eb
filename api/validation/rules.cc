#include "api/validation/rules.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/validation/pattern.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

bool is_number(const Shape& shape) {
  return shape.kind == ShapeKind::integer || shape.kind == ShapeKind::long_integer ||
         shape.kind == ShapeKind::floating;
}

std::string at_most(const Shape& shape) {
  return fmt::format("Member must have {} less than or equal to {}",
                     is_number(shape) ? "value" : "length", *shape.maximum);
}

std::string at_least(const Shape& shape) {
  return fmt::format("Member must have {} greater than or equal to {}",
                     is_number(shape) ? "value" : "length", *shape.minimum);
}

std::string match_pattern(const Shape& shape) {
  return fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern);
}

std::string be_one_of(const Shape& shape) {
  return fmt::format("Member must satisfy enum value set: [{}]", fmt::join(shape.values, ", "));
}

// What the bounds of the shape are about: a length in characters or items, or a number's value.
std::int64_t measure(const Shape& shape, const Json& value) {
  if (is_number(shape)) return value.get<std::int64_t>();
  if (shape.kind == ShapeKind::string) {
    return static_cast<std::int64_t>(count_characters(value.get_ref<const std::string&>()));
  }
  return static_cast<std::int64_t>(value.size());
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::vector<std::string> broken_bounds(const Shape& shape, const Json& value) {
  std::vector<std::string> broken;
  if (shape.maximum && measure(shape, value) > *shape.maximum) broken.push_back(at_most(shape));
  if (shape.minimum && measure(shape, value) < *shape.minimum) broken.push_back(at_least(shape));
  return broken;
}

std::vector<std::string> broken_form(const Shape& shape, const Json& value) {
  std::vector<std::string> broken;
  if (shape.kind != ShapeKind::string) return broken;
  const auto& text = value.get_ref<const std::string&>();
  if (!shape.pattern.empty() && !compiled_pattern(shape.pattern).matches(text)) {
    broken.push_back(match_pattern(shape));
  }
  if (!shape.values.empty() && std::ranges::find(shape.values, text) == shape.values.end()) {
    broken.push_back(be_one_of(shape));
  }
  return broken;
}

std::string rule_list(const Shape& shape) {
  std::vector<std::string> rules;
  if (shape.maximum) rules.push_back(at_most(shape));
  if (shape.minimum) rules.push_back(at_least(shape));
  if (!shape.pattern.empty()) rules.push_back(match_pattern(shape));
  if (!shape.values.empty()) rules.push_back(be_one_of(shape));
  return fmt::format("[{}]", fmt::join(rules, ", "));
}

}  // namespace trainyard::api
