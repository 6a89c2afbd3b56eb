#include "server/control.h"

#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "server/produced_source.h"
#include "server/version.h"

namespace trainyard::server {

namespace {

constexpr std::string_view routes = "/_trainyard/";
constexpr std::size_t gathered_bytes = 32 * 1024;

api::Response text_response(int status, std::string_view text) {
  api::Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = fmt::format("{}\n", text);
  return response;
}

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::unavailable:
      return 503;
    default:
      return 500;
  }
}

// NAME in "/_trainyard/jobs/NAME/log". Names of jobs need no percent-encoding.
std::optional<std::string_view> job_of_log_path(std::string_view path) {
  constexpr std::string_view prefix = "/_trainyard/jobs/";
  constexpr std::string_view suffix = "/log";
  if (!path.starts_with(prefix) || !path.ends_with(suffix)) return std::nullopt;
  if (path.size() <= prefix.size() + suffix.size()) return std::nullopt;
  const auto name = path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  if (name.find('/') != name.npos) return std::nullopt;
  return name;
}

// Text that came from elsewhere need not be UTF-8.
std::string json_text(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Lines are gathered, since most are short; those before an error are written all the same.
Result<void> write_log(TrainingJobs& jobs, const std::string& job, ByteSink& sink) {
  std::string text;
  const auto write_gathered = [&]() -> Result<void> {
    if (text.empty()) return {};
    TRY_VOID(sink.write(as_bytes(text)));
    text.clear();
    return {};
  };
  const auto read = jobs.read_log(job, [&](Time, std::string_view line) -> Result<void> {
    text.append(line).push_back('\n');
    return text.size() < gathered_bytes ? Result<void>() : write_gathered();
  });
  const auto written = write_gathered();
  return read ? written : read;
}

}  // namespace

bool ControlService::is_route(std::string_view path) {
  return path.starts_with(routes);
}

api::Response ControlService::handle(api::Request& request) {
  const bool is_health = request.path == "/_trainyard/health";
  const auto job = job_of_log_path(request.path);
  if (!is_health && !job) {
    return text_response(404,
                         "there is no such page; there are /_trainyard/health and "
                         "/_trainyard/jobs/NAME/log");
  }
  if (request.method != "GET") {
    api::Response response = text_response(405, "only GET is answered here");
    response.headers.add("Allow", "GET");
    return response;
  }
  return is_health ? health() : log(std::string(*job));
}

api::Response ControlService::health() {
  nlohmann::json engine;
  if (const auto info = engine_info_(); info) {
    engine = {{"reachable", true},
              {"version", info->version},
              {"api_version", info->api_version},
              {"endpoint", info->endpoint}};
  } else {
    engine = {{"reachable", false}, {"message", info.error().message}};
  }
  api::Response response;
  response.headers.add("Content-Type", "application/json");
  response.body =
      json_text({{"status", "ok"}, {"version", version()}, {"engine", std::move(engine)}});
  return response;
}

api::Response ControlService::log(const std::string& job) {
  if (const auto record = jobs_.describe(job); !record) {
    return text_response(status_of(record.error().kind), record.error().message);
  }
  const auto produce = [&jobs = jobs_, job](ByteSink& sink) { return write_log(jobs, job, sink); };
  api::Response response;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = api::StreamedBody{std::make_unique<ProducedSource>(produce), std::nullopt};
  return response;
}

}  // namespace trainyard::server
