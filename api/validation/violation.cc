#include "api/validation/violation.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::size_t value_bytes_max = 1024;
constexpr std::size_t violations_shown_max = 100;

void append(std::string& text, const Json& value) {
  // What is cut off anyway is not written first.
  if (text.size() > value_bytes_max) return;
  if (value.is_string()) {
    text += value.get_ref<const std::string&>();
  } else if (value.is_array()) {
    std::string_view separator = "[";
    for (const Json& item : value) {
      text += separator;
      append(text, item);
      separator = ", ";
    }
    text += value.empty() ? "[]" : "]";
  } else if (value.is_object()) {
    std::string_view separator = "{";
    for (const auto& [key, item] : value.items()) {
      text.append(separator).append(key).append("=");
      append(text, item);
      separator = ", ";
    }
    text += value.empty() ? "{}" : "}";
  } else {
    text += value.dump();
  }
}

}  // namespace

std::string value_in_message(const Json& value) {
  std::string text;
  append(text, value);
  if (text.size() <= value_bytes_max) return text;
  std::size_t end = value_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string violation(const Json& value, std::string_view path, std::string_view rule) {
  return fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}", value_in_message(value),
                     path, rule);
}

std::string missing_member(std::string_view path) {
  return fmt::format("Value null at '{}' failed to satisfy constraint: Member must not be null",
                     path);
}

AwsError validation_error(const std::vector<std::string>& violations) {
  std::string message = fmt::format("{} validation error{} detected: ", violations.size(),
                                    violations.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < violations.size() && i < violations_shown_max; ++i) {
    if (i > 0) message += "; ";
    message += violations[i];
  }
  if (violations.size() > violations_shown_max) message += "; …";
  return AwsError::validation(std::move(message));
}

}  // namespace trainyard::api
