// The program: reads its arguments and hands over to the command they name.

#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "server/doctor/doctor.h"
#include "server/env/env_command.h"
#include "server/logs_command.h"
#include "server/options.h"
#include "server/serve.h"
#include "server/version.h"

namespace {

using namespace trainyard;
using namespace trainyard::server;

constexpr int usage_exit_code = 2;

struct Run {
  int operator()(const ServeOptions& options) const {
    for (const std::string& warning : warnings(options)) {
      std::cerr << "trainyard: warning: " << warning << '\n';
    }
    return serve(options);
  }
  int operator()(const DoctorOptions& options) const { return doctor(options); }
  int operator()(const LogsOptions& options) const { return logs(options); }
  int operator()(const EnvOptions& options) const { return env(options); }
  int operator()(const VersionOptions&) const {
    std::cout << "trainyard " << version() << '\n';
    return 0;
  }
  int operator()(const HelpOptions& options) const {
    std::cout << options.text;
    return 0;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto command = parse_command_line(arguments, Surroundings::of_this_process());
  if (!command) {
    std::cerr << "trainyard: " << command.error().message
              << "\n\"trainyard --help\" lists the commands, \"trainyard COMMAND --help\" their "
                 "options.\n";
    return usage_exit_code;
  }
  return std::visit(Run(), *command);
}
