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
    case ErrorKind::timed_out:
    case ErrorKind::cancelled:
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

api::Response json_response(const nlohmann::json& value) {
  api::Response response;
  response.headers.add("Content-Type", "application/json");
  // Text that came from elsewhere need not be UTF-8.
  response.body = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

// A form, and a script without leave of ours, can send three content types and no fields of its own
// choice. The front door refuses what browsers mark as coming from elsewhere; this is for those
// that mark nothing.
bool cannot_come_from_a_form(const api::Request& request) {
  std::string_view type = request.headers.get("Content-Type");
  type = type.substr(0, type.find_first_of("; \t"));
  return type == "application/json" || request.headers.find("X-Trainyard").has_value();
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
  const std::string& path = request.path;
  const bool is_reset = path == "/_trainyard/reset" || path == "/moto-api/reset";
  const bool is_health = path == "/_trainyard/health" || path == "/_localstack/health";
  const auto job = job_of_log_path(path);
  if (!is_reset && !is_health && !job) {
    return text_response(404,
                         "there is no such page; there are /_trainyard/health, /_trainyard/reset "
                         "and /_trainyard/jobs/NAME/log");
  }
  const std::string_view method = is_reset ? "POST" : "GET";
  if (request.method != method) {
    api::Response response = text_response(405, fmt::format("only {} is answered here", method));
    response.headers.add("Allow", std::string(method));
    return response;
  }
  if (is_reset) return reset(request);
  return is_health ? health() : log(std::string(*job));
}

api::Response ControlService::reset(const api::Request& request) {
  if (!cannot_come_from_a_form(request)) {
    return text_response(403,
                         "a web page could have sent this request: send it with Content-Type: "
                         "application/json or with a field X-Trainyard of any value");
  }
  if (const auto done = parts_.reset(); !done) {
    return text_response(status_of(done.error().kind), done.error().message);
  }
  return json_response({{"status", "reset"}});
}

api::Response ControlService::health() {
  nlohmann::json engine;
  if (const auto info = parts_.engine_info(); info) {
    engine = {{"reachable", true},
              {"version", info->version},
              {"api_version", info->api_version},
              {"endpoint", info->endpoint}};
  } else {
    engine = {{"reachable", false}, {"message", info.error().message}};
  }
  return json_response({{"status", "ok"},
                        {"version", version()},
                        {"region", parts_.region},
                        {"account_id", parts_.account_id},
                        {"engine", std::move(engine)}});
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
