#include "server/env/shell_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace trainyard::server {

namespace {

// Within single quotes a POSIX shell knows no special character but the quote itself.
std::string sh_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

// fish knows two: the quote and the backslash, each escaped by a backslash.
std::string fish_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string json_text(const EnvChanges& changes) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, value] : changes.set) object[name] = value;
  for (const std::string& name : changes.unset) object[name] = nullptr;
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string to_text(const EnvChanges& changes, EnvFormat format) {
  if (format == EnvFormat::json) return json_text(changes);
  const bool fish = format == EnvFormat::fish;
  std::string text;
  for (const auto& [name, value] : changes.set) {
    text += fish ? fmt::format("set -gx {} {}\n", name, fish_quoted(value))
                 : fmt::format("export {}={}\n", name, sh_quoted(value));
  }
  for (const std::string& name : changes.unset) {
    text += fmt::format("{} {}\n", fish ? "set -e" : "unset", name);
  }
  return text;
}

}  // namespace trainyard::server
