#pragma once

// Variables as a shell, or another program, takes them over. Pure functions; any thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainyard::server {

enum class EnvFormat { sh, fish, json };

struct EnvChanges {
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::string> unset;
};

// Lines for `eval` in a POSIX shell or in fish, or one JSON object with null for what is unset.
std::string to_text(const EnvChanges& changes, EnvFormat format);

}  // namespace trainyard::server
