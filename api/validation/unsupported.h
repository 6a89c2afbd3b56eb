#pragma once

// Members of a request that would change what the container sees or when it ends, and that are not
// built yet. Ignoring one would run another job than the one asked for, so they are refused. This
// table is the only place that says so; building a feature means taking its rows out.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace trainyard::api {

struct UnsupportedMember {
  std::string_view path;  // as Path::in_table writes it
  bool (*refuses)(const nlohmann::json& value);
  std::string_view example;  // JSON text of a value that is refused
  std::string_view advice;   // what to do instead
};

std::span<const UnsupportedMember> unsupported_members();

// One message for every refused value in `input`, which is valid by its shape:
// "Value 'Pipe' at 'algorithmSpecification.trainingInputMode' is not supported by Trainyard: …"
std::vector<std::string> refused_members(const nlohmann::json& input);

}  // namespace trainyard::api
