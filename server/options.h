#pragma once

// The command line of the program: what it was asked to do, as checked values.
//
// Each option can be given on the command line (--max-instances 4), in the environment
// (TRAINYARD_MAX_INSTANCES=4) and in a TOML file (max-instances = 4); the first of these that names
// it counts. The table of options is server/option_table.h.

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "api/sagemaker/hold_rule.h"
#include "runtime/base/result.h"
#include "runtime/job/job_options.h"
#include "server/env/shell_text.h"
#include "server/listen_address.h"

namespace trainyard::server {

enum class LogLevel { debug, info, warning, error };

struct ServeOptions {
  ListenAddress listen{"127.0.0.1", 4747};
  std::filesystem::path data_dir;  // absolute; empty when ephemeral
  bool ephemeral = false;          // everything in a temporary directory, gone at the end
  std::string docker_host;         // as given; empty: the usual places are searched
  std::optional<std::filesystem::path> ready_file;
  std::vector<std::string> allowed_hosts;         // beside loopback; lower case, without port
  std::vector<std::string> allowed_origins;       // "http://host:port", lower case
  std::vector<std::filesystem::path> file_roots;  // absolute, without links, existing
  std::map<std::string, std::filesystem::path> buckets;  // directories, as those, by their bucket
  bool auth_required = false;  // every request must be signed with a key of the data directory's
  // How long a SageMaker SDK's question for a job is held; none: no question is held.
  std::optional<std::chrono::seconds> hold_describe = api::default_hold;
  LogLevel log_level = LogLevel::info;
  bool sync = false;  // an object that was stored survives a power cut
  JobOptions job;
};

struct DoctorOptions {
  ListenAddress listen;
  std::filesystem::path data_dir;
  std::string docker_host;
  StagingMethod staging = StagingMethod::automatic;
  std::string network_cidr;
};

struct LogsOptions {
  std::string job;
  std::optional<std::string> url;  // base URL of the daemon; absent: the one of the data directory
  std::filesystem::path data_dir;
};

struct EnvOptions {
  std::optional<std::string> url;  // as in LogsOptions
  std::filesystem::path data_dir;
  EnvFormat format = EnvFormat::sh;
  std::map<std::string, std::string> environment;  // as it is now
  // What the variable names as the user's configuration of the SageMaker SDK ("": nothing), and
  // where it lies otherwise.
  std::string sdk_config;
  std::filesystem::path default_sdk_config;
};

struct VersionOptions {};

// Help was asked for; this is its text.
struct HelpOptions {
  std::string text;
};

using Command =
    std::variant<ServeOptions, DoctorOptions, LogsOptions, EnvOptions, VersionOptions, HelpOptions>;

// What beside its arguments decides what the program does.
struct Surroundings {
  std::map<std::string, std::string> environment;
  std::filesystem::path home;  // empty: unknown
  std::filesystem::path current_directory;

  static Surroundings of_this_process();
};

// `arguments` without the program's name. Errors are invalid_argument; their message names the
// option and where it was given, and the right form.
Result<Command> parse_command_line(std::span<const std::string> arguments,
                                   const Surroundings& surroundings);

// What the user should know about options that are allowed but dangerous.
std::vector<std::string> warnings(const ServeOptions& options);

}  // namespace trainyard::server
