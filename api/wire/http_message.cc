#include "api/wire/http_message.h"

#include <algorithm>

#include <strings.h>

namespace trainyard::api {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [&](const Field& field) { return same_name(field.first, name); });
  add(std::string(name), std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  const auto field = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const Field& f) { return same_name(f.first, name); });
  if (field == fields_.end()) return std::nullopt;
  return field->second;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Field& field : fields_) {
    if (same_name(field.first, name)) values.push_back(field.second);
  }
  return values;
}

}  // namespace trainyard::api
