#include "server/env/env_command.h"

#include <chrono>
#include <iostream>
#include <system_error>

#include <nlohmann/json.hpp>

#include "runtime/base/stream.h"
#include "runtime/store/data_directory.h"
#include "runtime/store/small_file.h"
#include "server/access_keys.h"
#include "server/env/account_facts.h"
#include "server/env/env_changes.h"
#include "server/env/make_bucket.h"
#include "server/env/user_sdk_config.h"
#include "server/running_daemon.h"

namespace trainyard::server {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// botocore merges this into its own definition of the waiters, whose first pause is two minutes.
// The number of attempts keeps their whole patience of six hours.
constexpr std::string_view waiters_file = "sagemaker/2017-07-24/waiters-2.sdk-extras.json";
constexpr std::string_view waiters = R"({
  "version": 1.0,
  "merge": {
    "waiters": {"TrainingJobCompletedOrStopped": {"delay": 1, "maxAttempts": 21600}}
  }
}
)";

// In the first line of our file: which of the user's it was made of, for the next time, when the
// variable that named it names ours.
constexpr std::string_view origin_mark = "# Written by trainyard env, with the entries of: ";

// Which account the daemon plays.
Result<AccountFacts> ask(const RunningDaemon& daemon) {
  StringSink body;
  TRY(const HttpAnswer answer,
      http_get(daemon.url, "/_trainyard/health", body, daemon_patience, daemon.token));
  if (answer.status != 200) {
    return failure(ErrorKind::unavailable,
                   fmt::format("{} answered with HTTP status {}: {}", daemon.url.text(),
                               answer.status, answer.text));
  }
  const Json health = Json::parse(body.text(), nullptr, false);
  if (!health.is_object() || !health.contains("region") || !health.contains("account_id")) {
    return failure(ErrorKind::data_corrupt,
                   daemon.url.text() + " does not answer as a Trainyard does");
  }
  return AccountFacts{health.value("region", ""), health.value("account_id", "")};
}

// The configuration that is written for the SDK: below a data directory, and it may be gone with
// it.
fs::path written_config(const fs::path& data_dir) {
  return sdk_directory(data_dir) / "sagemaker.yaml";
}

bool is_written_here(const fs::path& path) {
  return path == written_config(path.parent_path().parent_path());
}

// The user's configuration file: the one a variable names, or the usual one. Where that is one that
// was written for this daemon or for another, the one it was made from, if it is still there.
fs::path user_config_path(const EnvOptions& options) {
  std::string named = options.sdk_config;
  if (is_written_here(named)) {
    const auto text = read_small_file(named, sdk_config_bytes_max);
    if (!text && text.error().kind == ErrorKind::not_found) {
      named.clear();
    } else if (text && text->starts_with(origin_mark)) {
      named = text->substr(origin_mark.size(), text->find('\n') - origin_mark.size());
      std::error_code error;
      if (!fs::exists(named, error)) named.clear();
    }
  }
  fs::path path = named.empty() ? options.default_sdk_config : fs::path(named);
  std::error_code error;
  if (fs::is_directory(path, error)) path /= "config.yaml";
  return path;
}

// "" when there is none. One that the user names must be there: the SDK, too, does not go without.
Result<std::string> read_user_config(const EnvOptions& options, const fs::path& path) {
  constexpr std::string_view advice =
      "correct SAGEMAKER_USER_CONFIG_OVERRIDE, or unset it to go without";
  if (path.empty()) return "";
  if (path.string().find("://") != std::string::npos) {
    return failure(ErrorKind::unsupported,
                   fmt::format("{} is no local file, and only those can be merged with what the "
                               "SDK needs here: copy it to one; {}",
                               path.string(), advice));
  }
  auto text = read_small_file(path, sdk_config_bytes_max);
  if (text || text.error().kind != ErrorKind::not_found) return text;
  if (path == options.default_sdk_config) return "";
  return failure(ErrorKind::not_found, fmt::format("{} does not exist; {}", path.string(), advice));
}

Result<void> make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return failure(system_error(error.value(), "create " + path.string()));
  return {};
}

Result<fs::path> write_sdk_config(const EnvOptions& options, const AccountFacts& account) {
  const fs::path ours = written_config(options.data_dir);
  const fs::path users = user_config_path(options);
  TRY(const std::string user_config, read_user_config(options, users));
  auto config = merged_sdk_config(user_config, {account.default_bucket(), account.role_arn()});
  if (!config) {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("{} cannot be merged: {}; correct it, or name another one by "
                               "SAGEMAKER_USER_CONFIG_OVERRIDE",
                               users.string(), config.error().message));
  }
  TRY_VOID(
      replace_file(ours, fmt::format("{}{}\n{}", origin_mark, users.string(), *config), false));
  return ours;
}

Result<fs::path> write_waiters(const EnvOptions& options) {
  const fs::path directory = sdk_directory(options.data_dir) / "aws";
  const fs::path file = directory / waiters_file;
  TRY_VOID(make_directories(file.parent_path()));
  TRY_VOID(replace_file(file, waiters, false));
  return directory;
}

Result<std::string> environment(const EnvOptions& options) {
  TRY(const RunningDaemon daemon, find_daemon(options.url, options.data_dir));
  TRY(const AccountFacts account, ask(daemon));
  // Where keys are not asked for, any will do.
  const api::Credential keys =
      daemon.token.empty() ? api::Credential{.access_key_id = "trainyard",
                                             .secret_access_key = "trainyard",
                                             .session_token = {},
                                             .principal = {}}
                           : read_keys(keys_file(options.data_dir)).value_or(api::Credential{});
  TRY_VOID(make_bucket(daemon.url, keys, account.region, account.default_bucket()));
  TRY(const fs::path aws_data, write_waiters(options));
  TRY(const fs::path sdk_config, write_sdk_config(options, account));
  const EnvFacts env_facts{daemon.url.text(),      account.region, keys.access_key_id,
                           keys.secret_access_key, aws_data,       sdk_config};
  return to_text(env_changes(env_facts, options.environment), options.format);
}

}  // namespace

int env(const EnvOptions& options) {
  return env(options, std::cout, std::cerr);
}

int env(const EnvOptions& options, std::ostream& out, std::ostream& messages) {
  const auto text = environment(options);
  if (!text) {
    messages << "trainyard: " << text.error().message << '\n';
    return 1;
  }
  out << *text << std::flush;
  return 0;
}

}  // namespace trainyard::server
