#include "server/option_table.h"

#include <algorithm>

#include "server/option_values.h"

namespace trainyard::server {

namespace {

using Values = std::vector<std::string>;

constexpr unsigned everywhere = for_serve | for_doctor | for_logs | for_env;
constexpr int day_seconds = 86400;
constexpr int longest_hold_seconds = 50;  // SDKs give up after 60 s
constexpr int most_instances = 1000;
constexpr std::uint64_t least_memory = std::uint64_t{6} << 20;  // the Engine takes no less

// Under which the help lists options.
namespace heading {
constexpr std::string_view front_door = "Front door";
constexpr std::string_view storage = "Data";
constexpr std::string_view engine = "Docker Engine";
constexpr std::string_view jobs = "Training jobs";
constexpr std::string_view account = "Account";
constexpr std::string_view process = "Process";
}  // namespace heading

std::filesystem::path absolute_path(const std::string& text, const Surroundings& surroundings) {
  auto path = (surroundings.current_directory / text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

template <typename Enum>
Result<Enum> known(std::optional<Enum> value, const std::string& text, std::string_view names) {
  if (value) return *value;
  return failure(ErrorKind::invalid_argument, fmt::format("\"{}\" is none of {}", text, names));
}

Result<void> set_listen(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.listen, parse_listen_address(values.front()));
  return {};
}

Result<void> set_allowed_hosts(Settings& settings, const Values& values, const Surroundings&) {
  for (const std::string& value : values) {
    TRY(std::string host, parse_host_name(value));
    settings.serve.allowed_hosts.push_back(std::move(host));
  }
  return {};
}

Result<void> set_allowed_origins(Settings& settings, const Values& values, const Surroundings&) {
  for (const std::string& value : values) {
    TRY(std::string origin, origin_text(value));
    settings.serve.allowed_origins.push_back(std::move(origin));
  }
  return {};
}

Result<void> set_auth(Settings& settings, const Values& values, const Surroundings&) {
  const std::string& text = values.front();
  if (text != "off" && text != "required") {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("\"{}\" is none of off, required", text));
  }
  settings.serve.auth_required = text == "required";
  return {};
}

Result<void> set_hold_describe(Settings& settings, const Values& values, const Surroundings&) {
  settings.serve.hold_describe.reset();
  if (values.front() == "off") return {};
  TRY(settings.serve.hold_describe, parse_seconds(values.front(), longest_hold_seconds));
  return {};
}

Result<void> set_ready_file(Settings& settings, const Values& values,
                            const Surroundings& surroundings) {
  settings.serve.ready_file = absolute_path(values.front(), surroundings);
  return {};
}

Result<void> set_data_dir(Settings& settings, const Values& values,
                          const Surroundings& surroundings) {
  settings.serve.data_dir = absolute_path(values.front(), surroundings);
  return {};
}

Result<void> set_ephemeral(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.ephemeral, parse_boolean(values.front()));
  return {};
}

Result<void> set_file_roots(Settings& settings, const Values& values,
                            const Surroundings& surroundings) {
  settings.file_roots_given = true;
  for (const std::string& value : values) {
    TRY(auto root, parse_directory(value, surroundings.current_directory));
    settings.serve.file_roots.push_back(std::move(root));
  }
  return {};
}

Result<void> set_buckets(Settings& settings, const Values& values,
                         const Surroundings& surroundings) {
  for (const std::string& value : values) {
    TRY(auto bucket, parse_bucket(value, surroundings.current_directory));
    const std::string name = bucket.first;
    if (!settings.serve.buckets.insert(std::move(bucket)).second) {
      return failure(ErrorKind::invalid_argument, fmt::format("{} has two directories", name));
    }
  }
  return {};
}

Result<void> set_sync(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.sync, parse_boolean(values.front()));
  return {};
}

Result<void> set_docker_host(Settings& settings, const Values& values, const Surroundings&) {
  settings.serve.docker_host = values.front();
  return {};
}

Result<void> set_engine_wait(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.job.engine_wait, parse_seconds(values.front(), day_seconds));
  return {};
}

Result<void> set_pull(Settings& settings, const Values& values, const Surroundings&) {
  const std::string& text = values.front();
  TRY(settings.serve.job.pull,
      known(pull_policy_from_string(text), text, "missing, never, always"));
  return {};
}

Result<void> set_image_aliases(Settings& settings, const Values& values, const Surroundings&) {
  for (const std::string& value : values) {
    TRY(auto alias, parse_image_alias(value));
    const std::string from = alias.first;
    if (!settings.serve.job.image_aliases.insert(std::move(alias)).second) {
      return failure(ErrorKind::invalid_argument, fmt::format("{} has two aliases", from));
    }
  }
  return {};
}

Result<void> set_network_cidr(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.job.network_cidr, parse_network_cidr(values.front()));
  return {};
}

Result<void> set_staging(Settings& settings, const Values& values, const Surroundings&) {
  const std::string& text = values.front();
  TRY(settings.serve.job.staging,
      known(staging_method_from_string(text), text, "auto, overlay, copy, volume"));
  return {};
}

Result<void> set_max_instances(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.job.max_instances, parse_integer(values.front(), 1, most_instances));
  return {};
}

Result<void> set_job_memory(Settings& settings, const Values& values, const Surroundings&) {
  TRY(const std::uint64_t bytes, parse_size(values.front()));
  if (bytes != 0 && bytes < least_memory) {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("\"{}\" is less than the 6m that a container needs; 0 is no limit",
                               values.front()));
  }
  settings.serve.job.job_memory_bytes = bytes;
  return {};
}

Result<void> set_shm_size(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.job.shm_bytes, parse_size(values.front()));
  if (settings.serve.job.shm_bytes == 0) {
    return failure(ErrorKind::invalid_argument, "the size must be more than 0");
  }
  return {};
}

Result<void> set_job_env(Settings& settings, const Values& values, const Surroundings&) {
  for (const std::string& value : values) {
    TRY(auto variable, parse_variable(value));
    const std::string name = variable.first;
    if (!settings.serve.job.environment.insert(std::move(variable)).second) {
      return failure(ErrorKind::invalid_argument, fmt::format("{} is given twice", name));
    }
  }
  return {};
}

Result<void> set_job_ca(Settings& settings, const Values& values,
                        const Surroundings& surroundings) {
  TRY(settings.serve.job.certificates,
      read_certificates(absolute_path(values.front(), surroundings)));
  return {};
}

Result<void> set_pip_cache(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.job.pip_cache, parse_boolean(values.front()));
  return {};
}

Result<void> set_stop_grace(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.job.stop_grace, parse_seconds(values.front(), day_seconds));
  return {};
}

Result<void> set_keep(Settings& settings, const Values& values, const Surroundings&) {
  const std::string& text = values.front();
  TRY(settings.serve.job.keep, known(keep_policy_from_string(text), text, "never, failed, always"));
  return {};
}

Result<void> set_region(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.job.region, parse_region(values.front()));
  return {};
}

Result<void> set_account_id(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.job.account_id, parse_account_id(values.front()));
  return {};
}

Result<void> set_log_level(Settings& settings, const Values& values, const Surroundings&) {
  TRY(settings.serve.log_level, parse_log_level(values.front()));
  return {};
}

Result<void> set_url(Settings& settings, const Values& values, const Surroundings&) {
  settings.url = values.front();
  return {};
}

Result<void> set_format(Settings& settings, const Values& values, const Surroundings&) {
  const std::string& text = values.front();
  std::optional<EnvFormat> format;
  if (text == "sh") format = EnvFormat::sh;
  if (text == "fish") format = EnvFormat::fish;
  if (text == "json") format = EnvFormat::json;
  TRY(settings.env_format, known(format, text, "sh, fish, json"));
  return {};
}

// Read before the others, since it says where others may be.
Result<void> set_config(Settings&, const Values&, const Surroundings&) {
  return {};
}

constexpr OptionRow rows[] = {
    {"listen", "ADDRESS:PORT", OptionKind::text, for_serve | for_doctor, true, heading::front_door,
     "Where requests are taken; port 0 picks a free one\n(127.0.0.1:4747)", set_listen},
    {"allowed-host", "NAME", OptionKind::list, for_serve, true, heading::front_door,
     "Host name that requests may use beside localhost and\nloopback addresses; repeatable",
     set_allowed_hosts},
    {"allowed-origin", "URL", OptionKind::list, for_serve, true, heading::front_door,
     "Origin whose web pages may send requests, such as\nhttp://localhost:8888; repeatable",
     set_allowed_origins},
    {"auth", "WHEN", OptionKind::text, for_serve, true, heading::front_door,
     "required: answer only requests that are signed with the\nkeys that \"trainyard env\" prints; "
     "or off (off)",
     set_auth},
    {"hold-describe", "SECONDS", OptionKind::size, for_serve, true, heading::front_door,
     "How long an SDK that asks for a young job waits for its\nend, instead of asking again later; "
     "off answers all at\nonce (8)",
     set_hold_describe},
    {"ready-file", "FILE", OptionKind::text, for_serve, true, heading::front_door,
     "Written when requests are answered; its one line is the\nbase URL", set_ready_file},
    {"format", "FORMAT", OptionKind::text, for_env, false, heading::process,
     "For which reader variables are printed: sh, fish or json\n(sh)", set_format},
    {"url", "URL", OptionKind::text, for_logs | for_env, false, heading::front_door,
     "Base URL of the daemon (that of the data directory)", set_url},

    {"data-dir", "DIR", OptionKind::text, everywhere, true, heading::storage,
     "Where everything is kept\n($XDG_DATA_HOME/trainyard or ~/.local/share/trainyard)",
     set_data_dir},
    {"ephemeral", "", OptionKind::boolean, for_serve, true, heading::storage,
     "Keep everything in a temporary directory; at the end it\nis gone, with all jobs and their "
     "containers",
     set_ephemeral},
    {"file-root", "DIR", OptionKind::list, for_serve, true, heading::storage,
     "Directory below which file:// URIs may point; repeatable\n(home and current directory, the "
     "latter unless it is /)",
     set_file_roots},
    {"bucket", "NAME=DIR", OptionKind::list, for_serve, true, heading::storage,
     "Directory that is served as a bucket, read and write;\nrepeatable", set_buckets},
    {"sync", "", OptionKind::boolean, for_serve, true, heading::storage,
     "A stored object survives a power cut, not only the end\nof the daemon", set_sync},

    {"docker-host", "URL", OptionKind::text, for_serve | for_doctor, true, heading::engine,
     "The Engine, such as unix:///run/docker.sock\n(DOCKER_HOST, then the usual sockets)",
     set_docker_host},
    {"engine-wait", "SECONDS", OptionKind::integer, for_serve, true, heading::engine,
     "How long jobs wait for an Engine that is away (300)", set_engine_wait},
    {"pull", "WHEN", OptionKind::text, for_serve, true, heading::engine,
     "Pull a job's image when it is missing, never or always\n(missing)", set_pull},
    {"image-alias", "FROM=TO", OptionKind::list, for_serve, true, heading::engine,
     "Image TO runs where a request names FROM, such as an\nimage of ECR; repeatable",
     set_image_aliases},
    {"network-cidr", "CIDR", OptionKind::text, for_serve | for_doctor, true, heading::engine,
     "Pool that job networks are cut from, in /24s\n(10.213.0.0/16)", set_network_cidr},
    {"staging", "METHOD", OptionKind::text, for_serve | for_doctor, true, heading::engine,
     "How data is laid out for containers: auto, overlay, copy\nor volume (auto)", set_staging},

    {"max-instances", "NUMBER", OptionKind::integer, for_serve, true, heading::jobs,
     "Container hosts that run at once; further jobs wait (8)", set_max_instances},
    {"job-memory", "SIZE", OptionKind::size, for_serve, true, heading::jobs,
     "Memory of each container, such as 16g; 0 is no limit (0)", set_job_memory},
    {"shm-size", "SIZE", OptionKind::size, for_serve, true, heading::jobs,
     "Size of each container's /dev/shm (8g)", set_shm_size},
    {"job-env", "NAME=VALUE", OptionKind::variables, for_serve, true, heading::jobs,
     "Environment variable of every job's container, such as a\nproxy; a request's own wins; "
     "repeatable",
     set_job_env},
    {"job-ca", "FILE", OptionKind::text, for_serve, true, heading::jobs,
     "Certificates (PEM) that every container trusts beside\nthe system's", set_job_ca},
    {"pip-cache", "", OptionKind::boolean, for_serve, true, heading::jobs,
     "Keep what pip downloads in containers for later jobs", set_pip_cache},
    {"stop-grace", "SECONDS", OptionKind::integer, for_serve, true, heading::jobs,
     "From SIGTERM to SIGKILL when a job is stopped (120)", set_stop_grace},
    {"keep", "WHICH", OptionKind::text, for_serve, true, heading::jobs,
     "Ended jobs whose containers, volumes and scratch files\nstay for debugging: never, failed "
     "or always (never)",
     set_keep},

    {"region", "NAME", OptionKind::text, for_serve, true, heading::account,
     "Region in ARNs and endpoints (us-east-1)", set_region},
    {"account-id", "ID", OptionKind::text, for_serve, true, heading::account,
     "Account in ARNs, twelve digits (123456789012)", set_account_id},

    {"log-level", "LEVEL", OptionKind::text, for_serve, true, heading::process,
     "What is logged on stderr: debug, info, warning or error\n(info)", set_log_level},
    {"config", "FILE", OptionKind::text, everywhere, false, heading::process,
     "TOML file with options, such as max-instances = 4\n($XDG_CONFIG_HOME/trainyard/config.toml)",
     set_config},
};

}  // namespace

std::span<const OptionRow> option_table() {
  return rows;
}

const OptionRow* find_option(std::string_view name) {
  const auto row = std::find_if(std::begin(rows), std::end(rows),
                                [&](const OptionRow& candidate) { return candidate.name == name; });
  return row == std::end(rows) ? nullptr : row;
}

std::string environment_name(std::string_view option_name) {
  std::string name = "TRAINYARD_";
  for (const char c : option_name) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

}  // namespace trainyard::server
