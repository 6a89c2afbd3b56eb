#include "server/options.h"

#include <algorithm>
#include <system_error>

#include <pwd.h>
#include <unistd.h>

#include "server/command_line.h"
#include "server/config_file.h"
#include "server/option_table.h"
#include "server/option_values.h"

namespace trainyard::server {

namespace {

namespace fs = std::filesystem;

std::string variable(const Surroundings& surroundings, const std::string& name) {
  const auto found = surroundings.environment.find(name);
  return found == surroundings.environment.end() ? "" : found->second;
}

// Where the XDG base directory specification puts a user's files: relative values do not count.
fs::path user_directory(const Surroundings& surroundings, const std::string& name,
                        std::string_view below_home, std::string_view program = "trainyard") {
  const fs::path chosen = variable(surroundings, name);
  if (chosen.is_absolute()) return chosen / program;
  if (surroundings.home.empty()) return {};
  return surroundings.home / below_home / program;
}

EnvOptions env_options(const Settings& settings, const Surroundings& surroundings) {
  EnvOptions options;
  options.url = settings.url;
  options.data_dir = settings.serve.data_dir;
  options.format = settings.env_format;
  options.environment = surroundings.environment;
  options.sdk_config = variable(surroundings, "SAGEMAKER_USER_CONFIG_OVERRIDE");
  const fs::path directory =
      user_directory(surroundings, "XDG_CONFIG_HOME", ".config", "sagemaker");
  if (!directory.empty()) options.default_sdk_config = directory / "config.yaml";
  return options;
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Parts that begin no further NAME=VALUE belong to the value before them.
std::vector<std::string> join_variables(const std::vector<std::string>& parts) {
  std::vector<std::string> variables;
  for (const std::string& part : parts) {
    if (variables.empty() || parse_variable(part)) {
      variables.push_back(part);
    } else {
      variables.back() += ',' + part;
    }
  }
  return variables;
}

// A variable that is empty counts as not set.
std::vector<GivenOption> given_in_environment(const Surroundings& surroundings) {
  std::vector<GivenOption> result;
  for (const OptionRow& row : option_table()) {
    const std::string name = environment_name(row.name);
    const std::string value = variable(surroundings, name);
    if (value.empty()) continue;
    std::vector<std::string> values{value};
    if (is_list(row.kind)) values = split_at_commas(value);
    if (row.kind == OptionKind::variables) values = join_variables(values);
    result.push_back({&row, name, std::move(values)});
  }
  return result;
}

const GivenOption* find_given(const std::vector<GivenOption>& given, std::string_view name) {
  for (const GivenOption& option : given) {
    if (option.row->name == name) return &option;
  }
  return nullptr;
}

// The file that is named, or the user's if there is one.
Result<std::vector<GivenOption>> given_in_file(const std::vector<GivenOption>& line,
                                               const std::vector<GivenOption>& environment,
                                               const Surroundings& surroundings) {
  const GivenOption* named = find_given(line, "config");
  if (named == nullptr) named = find_given(environment, "config");
  if (named != nullptr) {
    auto options = read_config_file(surroundings.current_directory / named->values.front());
    if (!options && options.error().kind != ErrorKind::invalid_argument) {
      return usage_error(named->where + ": " + options.error().message);
    }
    return options;
  }
  const fs::path directory = user_directory(surroundings, "XDG_CONFIG_HOME", ".config");
  if (directory.empty()) return std::vector<GivenOption>();
  auto options = read_config_file(directory / "config.toml");
  if (!options && options.error().kind == ErrorKind::not_found) return std::vector<GivenOption>();
  return options;
}

void default_file_roots(ServeOptions& options, const Surroundings& surroundings) {
  for (const fs::path& candidate : {surroundings.home, surroundings.current_directory}) {
    std::error_code error;
    const fs::path root = candidate.empty() ? fs::path() : fs::canonical(candidate, error);
    if (error || root.empty() || root == "/") continue;
    if (std::find(options.file_roots.begin(), options.file_roots.end(), root) ==
        options.file_roots.end()) {
      options.file_roots.push_back(root);
    }
  }
}

// What counts of an option: where it is named first, in the order of strength.
struct Found {
  const GivenOption* given = nullptr;
  std::size_t place = 0;
};

Found find_first(const std::vector<const std::vector<GivenOption>*>& places,
                 std::string_view name) {
  for (std::size_t place = 0; place < places.size(); ++place) {
    if (const GivenOption* given = find_given(*places[place], name)) return {given, place};
  }
  return {};
}

// Both say where data lies. The one that is named in the stronger place counts; in the same place,
// one of them is a mistake.
Result<void> check_ephemeral(Settings& settings, const Found& ephemeral, const Found& data_dir) {
  if (!settings.serve.ephemeral || data_dir.given == nullptr) return {};
  if (data_dir.place <= ephemeral.place) {
    return usage_error(
        fmt::format("{}: an ephemeral daemon keeps its data in a temporary directory of its own; "
                    "leave away either this or {}",
                    data_dir.given->where, ephemeral.given->where));
  }
  settings.serve.data_dir.clear();
  return {};
}

// The first of command line, environment and file that names an option decides it.
Result<Settings> collect(const CommandLine& line, const Surroundings& surroundings) {
  const auto& from_line = line.given;
  const auto from_environment = given_in_environment(surroundings);
  TRY(const auto from_file, given_in_file(from_line, from_environment, surroundings));
  const std::vector places{&from_line, &from_environment, &from_file};
  Settings settings;
  for (const OptionRow& row : option_table()) {
    if ((row.commands & line.command) == 0) continue;
    const GivenOption* given = find_first(places, row.name).given;
    if (given == nullptr) continue;
    if (!is_list(row.kind) && given->values.front().empty()) {
      return usage_error(given->where + ": the value is empty");
    }
    if (auto applied = row.apply(settings, given->values, surroundings); !applied) {
      return usage_error(given->where + ": " + applied.error().message);
    }
  }
  if (line.command == for_serve) {
    TRY_VOID(
        check_ephemeral(settings, find_first(places, "ephemeral"), find_first(places, "data-dir")));
  }
  return settings;
}

Result<Settings> settings_of(const CommandLine& line, const Surroundings& surroundings) {
  TRY(Settings settings, collect(line, surroundings));
  ServeOptions& options = settings.serve;
  if (!settings.file_roots_given) default_file_roots(options, surroundings);
  if (options.ephemeral) return settings;
  if (options.data_dir.empty()) {
    options.data_dir = user_directory(surroundings, "XDG_DATA_HOME", ".local/share");
  }
  if (options.data_dir.empty() && (!settings.url || line.command == for_env)) {
    return usage_error("--data-dir: there is no home directory to put the data under; name one");
  }
  return settings;
}

}  // namespace

Surroundings Surroundings::of_this_process() {
  Surroundings surroundings;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == text.npos) continue;
    surroundings.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  surroundings.home = variable(surroundings, "HOME");
  if (surroundings.home.empty()) {
    // Options are read before there is another thread.
    const passwd* entry = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe)
    if (entry != nullptr) {
      surroundings.home = entry->pw_dir;
    }
  }
  std::error_code error;
  surroundings.current_directory = fs::current_path(error);
  return surroundings;
}

Result<Command> parse_command_line(std::span<const std::string> arguments,
                                   const Surroundings& surroundings) {
  TRY(const CommandLine line, parse_arguments(arguments));
  if (line.help) return HelpOptions{*line.help};
  if (line.command == for_nothing) return VersionOptions{};
  TRY(Settings settings, settings_of(line, surroundings));
  ServeOptions& options = settings.serve;
  switch (line.command) {
    case for_doctor:
      return DoctorOptions{options.listen, options.data_dir, options.docker_host,
                           options.job.staging, options.job.network_cidr};
    case for_logs:
      return LogsOptions{line.job, settings.url, options.data_dir};
    case for_env:
      return env_options(settings, surroundings);
    default:
      return std::move(options);
  }
}

std::vector<std::string> warnings(const ServeOptions& options) {
  std::vector<std::string> texts;
  if (!options.listen.is_loopback()) {
    texts.push_back(
        fmt::format("--listen {} lets other machines in: whoever can reach this address can run "
                    "code as root on this one. Listen on 127.0.0.1 unless the network is trusted.",
                    options.listen.to_string()));
  }
  return texts;
}

}  // namespace trainyard::server
