#include "runtime/engine/docker/json_access.h"

namespace trainyard {

const nlohmann::json& member_at(const nlohmann::json& value, const char* name) {
  static const nlohmann::json null;
  if (!value.is_object()) return null;
  const auto found = value.find(name);
  return found == value.end() ? null : *found;
}

const nlohmann::json& object_at(const nlohmann::json& value, const char* name) {
  static const nlohmann::json empty = nlohmann::json::object();
  const nlohmann::json& member = member_at(value, name);
  return member.is_object() ? member : empty;
}

const nlohmann::json& array_at(const nlohmann::json& value, const char* name) {
  static const nlohmann::json empty = nlohmann::json::array();
  const nlohmann::json& member = member_at(value, name);
  return member.is_array() ? member : empty;
}

std::string text_at(const nlohmann::json& value, const char* name) {
  const nlohmann::json& member = member_at(value, name);
  return member.is_string() ? member.get<std::string>() : std::string();
}

std::int64_t integer_at(const nlohmann::json& value, const char* name) {
  const nlohmann::json& member = member_at(value, name);
  return member.is_number() ? member.get<std::int64_t>() : 0;
}

bool flag_at(const nlohmann::json& value, const char* name) {
  const nlohmann::json& member = member_at(value, name);
  return member.is_boolean() && member.get<bool>();
}

Labels labels_at(const nlohmann::json& value, const char* name) {
  Labels labels;
  for (const auto& [key, label] : object_at(value, name).items()) {
    if (label.is_string()) labels.emplace(key, label.get<std::string>());
  }
  return labels;
}

}  // namespace trainyard
