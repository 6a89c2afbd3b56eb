#pragma once

// The configuration file: TOML, one key for each option, by the option's name. Lists are arrays of
// strings; a single string is a list of one.

#include <filesystem>
#include <vector>

#include "runtime/base/result.h"
#include "server/option_table.h"

namespace trainyard::server {

// The options of the file in the table's form. Errors name file, line and key: not_found when there
// is no such file, invalid_argument for bad TOML, unknown keys and values of the wrong type.
Result<std::vector<GivenOption>> read_config_file(const std::filesystem::path& path);

}  // namespace trainyard::server
