#include "api/logs/log_page.h"

#include <algorithm>

namespace trainyard::api {

namespace {

constexpr std::size_t event_overhead = 26;
// The year 2255; a Time reaches a little further.
constexpr std::int64_t farthest_milliseconds = 9'000'000'000'000;

}  // namespace

bool LogPage::has_room_for(std::string_view message) const {
  if (full()) return false;
  return events_.empty() || bytes_ + message.size() + event_overhead <= bytes_max;
}

void LogPage::add(nlohmann::json event, std::string_view message) {
  bytes_ += message.size() + event_overhead;
  events_.push_back(std::move(event));
}

LogSpan log_span(const nlohmann::json& in, std::chrono::milliseconds after_end) {
  const auto moment = [&](const char* member) {
    return from_milliseconds(std::min(in[member].get<std::int64_t>(), farthest_milliseconds));
  };
  LogSpan span;
  if (in.contains("startTime")) span.begin = moment("startTime");
  if (in.contains("endTime")) span.end = moment("endTime") + after_end;
  return span;
}

nlohmann::json log_event_json(const StoredEvent& event) {
  return {{"timestamp", to_milliseconds(event.time)},
          {"message", event.message},
          {"ingestionTime", to_milliseconds(event.ingestion_time)}};
}

}  // namespace trainyard::api
