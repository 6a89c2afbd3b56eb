#pragma once

#include <span>
#include <string_view>

namespace trainyard::api {

// Values that Trainyard accepts beyond the service model, so that a request can say that it means
// this machine. These are all of them.
struct Extension {
  std::string_view path;     // as Path::in_table writes it
  std::string_view pattern;  // what the whole value must match instead of the model's rule
};

std::span<const Extension> extensions();

// Whether a string that breaks the model's enumeration or pattern at `path` is one of ours.
bool extension_accepts(std::string_view path, std::string_view value);

}  // namespace trainyard::api
