#include "server/command_line.h"

#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

namespace trainyard::server {

namespace {

constexpr std::string_view description =
    "Runs Amazon SageMaker training jobs on this machine, in its Docker Engine.";

constexpr std::string_view footer =
    "Each option can also be set in the environment (--max-instances as\n"
    "TRAINYARD_MAX_INSTANCES, lists separated by commas) and in a TOML file. The\n"
    "command line counts before the environment, the environment before the file.";

struct CommandRow {
  const char* name;
  const char* help;
  unsigned bit;
};

constexpr CommandRow commands[] = {
    {"serve", "Take training jobs over HTTP and run them", for_serve},
    {"doctor", "Check whether training jobs can run here, and say what to do if not", for_doctor},
    {"env", "Print the variables that point AWS's clients here: eval \"$(trainyard env)\"",
     for_env},
    {"logs", "Print the log of a training job", for_logs},
    {"version", "Print the version", for_nothing},
};

std::string command_names() {
  std::string names;
  for (const CommandRow& command : commands) {
    names += (names.empty() ? "" : ", ") + std::string(command.name);
  }
  return names;
}

// CLI11's help without its remarks on how often an option may be given.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() {
    column_width(32);
    label("SUBCOMMAND", "COMMAND");
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string value = option->get_type_name();
    return value.empty() ? "" : " " + value;
  }
};

// CLI11 puts two empty lines between groups of options.
std::string without_double_gaps(std::string text) {
  constexpr std::string_view gap = "\n\n\n";
  for (std::size_t at = text.find(gap); at != text.npos; at = text.find(gap, at)) text.erase(at, 1);
  return text;
}

// The options of one command as CLI11 knows them. CLI11 splits the arguments and prints the help;
// what values mean is the table's business.
class Parser {
 public:
  Parser() : app_(std::string(description), "trainyard") {
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.set_help_flag("-h,--help", "Print this help");
    app_.add_flag("--version", version_, "Print the version");
    app_.footer("\"trainyard COMMAND --help\" tells about a command.");
    for (const CommandRow& command : commands) add_command(command);
  }

  Result<CommandLine> parse(std::span<const std::string> arguments);

 private:
  struct Option {
    const OptionRow* row;
    const CLI::App* app;
    CLI::Option* option;
    std::vector<std::string> values;
    bool flag = false;
  };

  void add_command(const CommandRow& command);
  void add_option(CLI::App& app, const OptionRow& row);
  Result<void> split(std::span<const std::string> arguments);
  Result<void> check(const CLI::App& parsed) const;
  std::vector<GivenOption> given(const CLI::App& parsed) const;

  CLI::App app_;
  bool version_ = false;
  std::string job_;
  std::vector<std::unique_ptr<Option>> options_;  // CLI11 keeps pointers to the values
  bool help_ = false;
};

void Parser::add_command(const CommandRow& command) {
  CLI::App& app = *app_.add_subcommand(command.name, command.help);
  app.group("Commands");
  app.allow_extras();
  if (command.bit == for_logs) {
    app.add_option("JOB", job_, "Name of the training job")->type_name("")->required();
  }
  for (const OptionRow& row : option_table()) {
    if ((row.commands & command.bit) != 0) add_option(app, row);
  }
  if (command.bit != for_nothing) app.footer(std::string(footer));
}

void Parser::add_option(CLI::App& app, const OptionRow& row) {
  Option& option = *options_.emplace_back(std::make_unique<Option>());
  option.row = &row;
  option.app = &app;
  const std::string name = "--" + std::string(row.name);
  if (row.kind == OptionKind::boolean) {
    option.option = app.add_flag(name, option.flag, std::string(row.help));
  } else {
    option.option = app.add_option(name, option.values, std::string(row.help));
    option.option->allow_extra_args(false)->type_name(std::string(row.value));
  }
  option.option->group(std::string(row.group));
}

Result<CommandLine> Parser::parse(std::span<const std::string> arguments) {
  TRY_VOID(split(arguments));
  CommandLine line;
  if (help_) {
    line.help = without_double_gaps(app_.help());
    return line;
  }
  const auto parsed = app_.get_subcommands();
  if (version_ || parsed.empty()) return line;
  TRY_VOID(check(*parsed.front()));
  const auto named = [&](const CommandRow& row) { return parsed.front()->get_name() == row.name; };
  line.command = std::find_if(std::begin(commands), std::end(commands), named)->bit;
  line.job = job_;
  line.given = given(*parsed.front());
  return line;
}

// CLI11 reports by exceptions; they end here.
Result<void> Parser::split(std::span<const std::string> arguments) {
  try {
    app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    help_ = true;
  } catch (const CLI::RequiredError&) {
    return usage_error("the name of the training job is missing; write trainyard logs JOB");
  } catch (const CLI::ExtrasError&) {
    const bool option = arguments.front().starts_with('-');
    return usage_error(fmt::format("there is no {} \"{}\"; the commands are {}",
                                   option ? "option" : "command", arguments.front(),
                                   command_names()));
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  return {};
}

Result<void> Parser::check(const CLI::App& parsed) const {
  if (const auto extras = parsed.remaining(); !extras.empty()) {
    const std::string_view what = extras.front().starts_with('-') ? "option" : "argument";
    return usage_error(
        fmt::format("trainyard {} has no {} \"{}\"", parsed.get_name(), what, extras.front()));
  }
  for (const auto& option : options_) {
    const bool list = is_list(option->row->kind);
    if (!list && option->option->count() > 1) {
      return usage_error(fmt::format("--{}: is given more than once", option->row->name));
    }
  }
  return {};
}

std::vector<GivenOption> Parser::given(const CLI::App& parsed) const {
  std::vector<GivenOption> result;
  for (const auto& option : options_) {
    if (option->app != &parsed || option->option->count() == 0) continue;
    GivenOption given{option->row, "--" + std::string(option->row->name), option->values};
    if (option->row->kind == OptionKind::boolean) given.values = {option->flag ? "true" : "false"};
    result.push_back(std::move(given));
  }
  return result;
}

}  // namespace

tl::unexpected<Error> usage_error(std::string message) {
  return failure(ErrorKind::invalid_argument, std::move(message));
}

Result<CommandLine> parse_arguments(std::span<const std::string> arguments) {
  if (arguments.empty()) {
    return usage_error("a command is missing; the commands are " + command_names());
  }
  return Parser().parse(arguments);
}

}  // namespace trainyard::server
