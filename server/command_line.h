#pragma once

// Splits the program's arguments into a command and its options, and writes the help. What the
// values mean is not looked at here.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "server/option_table.h"

namespace trainyard::server {

struct CommandLine {
  unsigned command = for_nothing;  // a CommandBit; nothing: only the version is wanted
  std::vector<GivenOption> given;
  std::string job;                  // of the command that takes one
  std::optional<std::string> help;  // asked for; the rest is empty then
};

// invalid_argument.
tl::unexpected<Error> usage_error(std::string message);

// `arguments` without the program's name. Errors are invalid_argument.
Result<CommandLine> parse_arguments(std::span<const std::string> arguments);

}  // namespace trainyard::server
