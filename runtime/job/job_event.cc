#include "runtime/job/job_event.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace trainyard {

namespace {

using Kind = JobEvent::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 9> kind_names{{
    {Kind::accepted, "accepted"},
    {Kind::preparation_started, "preparation_started"},
    {Kind::training_started, "training_started"},
    {Kind::stop_requested, "stop_requested"},
    {Kind::time_limit_reached, "time_limit_reached"},
    {Kind::container_ended, "container_ended"},
    {Kind::failed, "failed"},
    {Kind::artifacts_stored, "artifacts_stored"},
    {Kind::finished, "finished"},
}};

}  // namespace

std::string_view to_string(Kind kind) {
  for (const auto& [value, name] : kind_names) {
    if (value == kind) return name;
  }
  return "";
}

std::optional<Kind> job_event_kind_from_string(std::string_view text) {
  for (const auto& [value, name] : kind_names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::string details_to_json(const JobEvent& event) {
  nlohmann::json json = nlohmann::json::object();
  if (event.kind == Kind::container_ended) {
    json["exit_code"] = event.exit_code;
    json["out_of_memory"] = event.out_of_memory;
  }
  if (!event.reason.empty()) json["reason"] = event.reason;
  if (!event.failure_text.empty()) json["failure_text"] = event.failure_text;
  // A reason may hold bytes that a container wrote.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<void> details_from_json(const std::string& text, JobEvent& event) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    event.exit_code = json.value("exit_code", 0);
    event.out_of_memory = json.value("out_of_memory", false);
    event.reason = json.value("reason", "");
    event.failure_text = json.value("failure_text", "");
    return {};
  } catch (const nlohmann::json::exception& error) {
    return failure(ErrorKind::data_corrupt,
                   fmt::format("an event in the journal: {}", error.what()));
  }
}

}  // namespace trainyard
