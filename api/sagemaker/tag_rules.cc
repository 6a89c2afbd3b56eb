#include "api/sagemaker/tag_rules.h"

#include <algorithm>

namespace trainyard::api {

bool is_reserved_tag_key(std::string_view key) {
  constexpr std::string_view prefix = "aws:";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return key.size() >= prefix.size() &&
         std::ranges::equal(key.substr(0, prefix.size()), prefix, {}, lower);
}

ApiResult<Tags> parse_tags(const nlohmann::json& list) {
  Tags tags;
  for (const nlohmann::json& tag : list) {
    const auto& key = tag.at("Key").get_ref<const std::string&>();
    if (is_reserved_tag_key(key)) {
      return failure(AwsError::validation(
          fmt::format("aws: prefixed tag key names are not allowed for external use: '{}'.", key)));
    }
    if (!tags.emplace(key, tag.at("Value").get<std::string>()).second) {
      return failure(AwsError::validation(
          fmt::format("Duplicate tag keys found: '{}' is given more than once.", key)));
    }
  }
  return tags;
}

nlohmann::json tags_to_json(const Tags& tags) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [key, value] : tags) list.push_back({{"Key", key}, {"Value", value}});
  return list;
}

}  // namespace trainyard::api
