#include "runtime/job/job_history.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace trainyard {

namespace {

using Kind = JobEvent::Kind;

constexpr std::size_t failure_reason_limit = 1024;  // characters

void enter(JobRecord& record, SecondaryStatus status, std::string_view message, Time time) {
  if (!record.transitions.empty()) record.transitions.back().end = time;
  record.secondary_status = status;
  record.transitions.push_back({status, time, std::nullopt, std::string(message)});
}

void enter_final(JobRecord& record, JobStatus status, SecondaryStatus secondary,
                 std::string_view message, Time time) {
  record.status = status;
  enter(record, secondary, message, time);
  record.transitions.back().end = time;
  record.training_end_time = time;
}

void enter_end(JobState& state, Time time) {
  JobRecord& record = state.record;
  switch (state.life.ending) {
    case Ending::by_itself:
      enter_final(record, JobStatus::completed, SecondaryStatus::completed,
                  status_message::completed, time);
      break;
    case Ending::failure:
      record.failure_reason = failure_reason(state.life);
      enter_final(record, JobStatus::failed, SecondaryStatus::failed, status_message::failed, time);
      break;
    case Ending::stop:
      enter_final(record, JobStatus::stopped, SecondaryStatus::stopped, status_message::stopped,
                  time);
      break;
    case Ending::time_limit:
      enter_final(record, JobStatus::stopped, SecondaryStatus::max_runtime_exceeded,
                  status_message::max_runtime_exceeded, time);
      break;
  }
}

void enter_stopping(JobState& state, Time time) {
  state.record.status = JobStatus::stopping;
  // A job that is storing its results goes on showing that.
  if (state.life.phase != Phase::collecting) {
    enter(state.record, SecondaryStatus::stopping, status_message::stopping, time);
  }
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string first_characters(std::string_view text, std::size_t count) {
  std::size_t position = 0;
  for (std::size_t seen = 0; position < text.size(); ++position) {
    const bool begins_character = (text[position] & 0xC0) != 0x80;
    if (begins_character && seen++ == count) break;
  }
  return std::string(text.substr(0, position));
}

// Text with every malformed sequence replaced: a round trip through a JSON string.
std::string valid_utf8(const std::string& text) {
  using Json = nlohmann::json;
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace))
      .get<std::string>();
}

}  // namespace

JobState begin_history(JobSpec spec, std::string document, const JobEvent& accepted) {
  JobState state;
  state.record.spec = std::move(spec);
  state.record.document = std::move(document);
  state.record.creation_time = accepted.time;
  state.record.last_modified_time = accepted.time;
  state.life = begin_life();
  enter(state.record, SecondaryStatus::starting, status_message::starting, accepted.time);
  return state;
}

Result<void> apply(JobState& state, const JobEvent& event) {
  TRY(Step step, advance(state.life, event));
  state.life = std::move(step.life);
  JobRecord& record = state.record;
  record.last_modified_time = std::max(record.last_modified_time, event.time);
  switch (event.kind) {
    case Kind::accepted:
      break;
    case Kind::preparation_started:
      record.transitions.back().message = status_message::preparing;
      enter(record, SecondaryStatus::downloading, status_message::downloading, event.time);
      record.training_start_time = event.time;
      break;
    case Kind::training_started:
      record.transitions.back().message = status_message::pulling;
      enter(record, SecondaryStatus::training, status_message::training, event.time);
      break;
    case Kind::stop_requested:
    case Kind::time_limit_reached:
      enter_stopping(state, event.time);
      break;
    case Kind::container_ended:
      enter(record, SecondaryStatus::uploading, status_message::uploading, event.time);
      break;
    case Kind::failed:
    case Kind::artifacts_stored:
      break;
    case Kind::finished:
      enter_end(state, event.time);
      break;
  }
  return {};
}

std::string classified(const std::string& reason, std::string_view prefix) {
  for (const std::string_view known :
       {"AlgorithmError: ", "CapacityError: ", "ClientError: ", "InternalServerError: "}) {
    if (reason.starts_with(known)) return reason;
  }
  return fmt::format("{}{}", prefix, reason);
}

std::string failure_reason(const Life& life) {
  std::string before;
  std::string text;
  std::string after;
  if (life.exit_code.value_or(0) != 0) {
    before = "AlgorithmError: ";
    text = life.failure_text;
    // A text written by echo is meant without its newline.
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    if (life.out_of_memory) {
      before +=
          "the container ran out of memory and was killed (raise --job-memory, or use less): ";
    }
    after = fmt::format(", exit code: {}", *life.exit_code);
    if (!life.reason.empty()) {
      after += fmt::format("; {}", first_characters(valid_utf8(life.reason), 400));
    }
  } else {
    text = life.reason;
  }
  text = valid_utf8(text);
  const std::size_t fixed = character_count(before) + character_count(after);
  return before + first_characters(text, failure_reason_limit - fixed) + after;
}

}  // namespace trainyard
