#pragma once

// The table of all options: names, help, where they apply and what they set. Command line,
// environment and configuration file all read it; nothing else lists options.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "server/options.h"

namespace trainyard::server {

enum class OptionKind {
  text,
  integer,
  size,     // a text or an integer
  boolean,  // a flag on the command line
  list,     // given any number of times; comma-separated in the environment
  // A list of NAME=VALUE. A value may hold commas: in the environment only a comma before a further
  // NAME= separates.
  variables,
};

constexpr bool is_list(OptionKind kind) {
  return kind == OptionKind::list || kind == OptionKind::variables;
}

enum CommandBit : unsigned {
  for_nothing = 0,
  for_serve = 1,
  for_doctor = 2,
  for_logs = 4,
  for_env = 8
};

// Everything that options can set, for all commands.
struct Settings {
  ServeOptions serve;
  bool file_roots_given = false;  // an empty list is one too: no root at all
  std::optional<std::string> url;
  EnvFormat env_format = EnvFormat::sh;
};

struct OptionRow {
  std::string_view name;   // on the command line behind "--", in the file as it is
  std::string_view value;  // what stands for its value in the help
  OptionKind kind;
  unsigned commands;  // of CommandBit
  bool in_file;       // whether a configuration file may hold it
  std::string_view group;
  std::string_view help;
  // `values` is one text, or any number of them for a list.
  Result<void> (*apply)(Settings& settings, const std::vector<std::string>& values,
                        const Surroundings& surroundings);
};

std::span<const OptionRow> option_table();

// Nullptr when there is none of that name.
const OptionRow* find_option(std::string_view name);

// "TRAINYARD_MAX_INSTANCES" for "max-instances".
std::string environment_name(std::string_view option_name);

// What was given for an option, and where, as an error message should name it.
struct GivenOption {
  const OptionRow* row = nullptr;
  std::string where;  // "--listen", "TRAINYARD_LISTEN", "/etc/trainyard.toml:3: listen"
  std::vector<std::string> values;
};

}  // namespace trainyard::server
