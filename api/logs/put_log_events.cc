#include <algorithm>
#include <optional>
#include <span>

#include "api/logs/log_errors.h"
#include "api/logs/log_names.h"
#include "api/logs/operations.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;
using std::chrono::hours;

constexpr std::size_t batch_bytes_max = 1'048'576;
constexpr std::size_t event_bytes_max = 1'048'576;
// Counted for each event beside its message.
constexpr std::size_t event_overhead = 26;
constexpr hours too_old{14 * 24};
constexpr hours too_new{2};
constexpr hours span_max{24};

ApiResult<> check_sizes(const Json& events) {
  std::size_t batch = 0;
  for (const Json& event : events) {
    const std::size_t size = event["message"].get_ref<const std::string&>().size() + event_overhead;
    if (size > event_bytes_max) {
      return failure(invalid_log_parameter(
          fmt::format("Log event too large: {} bytes exceeds limit of {}", size, event_bytes_max)));
    }
    batch += size;
  }
  if (batch <= batch_bytes_max) return {};
  return failure(invalid_log_parameter(
      fmt::format("Upload too large: {} bytes exceeds limit of {}", batch, batch_bytes_max)));
}

Time time_of(const Json& event) {
  // Beyond what a Time can hold is too new all the same.
  constexpr std::int64_t farthest = 9'000'000'000'000;
  return from_milliseconds(std::min(event["timestamp"].get<std::int64_t>(), farthest));
}

ApiResult<std::vector<NewLogEvent>> events_of(const Json& list) {
  std::vector<NewLogEvent> events;
  events.reserve(list.size());
  for (const Json& event : list) {
    events.push_back({time_of(event), event["message"].get_ref<const std::string&>()});
    if (events.size() > 1 && events.back().time < events[events.size() - 2].time) {
      return failure(invalid_log_parameter(
          "Log events in a single PutLogEvents request must be in chronological order."));
    }
  }
  return events;
}

// What of a batch, in order of time, is kept, and what the answer says about the rest.
struct Accepted {
  std::span<const NewLogEvent> events;
  Json rejected;  // null when there are none
};

Accepted accept(std::span<const NewLogEvent> events, const LogGroup& group, Time now) {
  const auto first_from = [&](Time time) {
    const auto found = std::ranges::partition_point(
        events, [&](const NewLogEvent& event) { return event.time < time; });
    return static_cast<std::size_t>(found - events.begin());
  };
  const std::size_t old_end = first_from(now - too_old);
  const std::size_t expired_end = first_from(shown_since(group, now));
  const std::size_t new_begin = first_from(now + too_new + std::chrono::milliseconds(1));
  const std::size_t begin = std::max(old_end, expired_end);
  Accepted accepted{events.subspan(begin, std::max(new_begin, begin) - begin), {}};
  if (old_end > 0) accepted.rejected["tooOldLogEventEndIndex"] = old_end;
  if (expired_end > 0) accepted.rejected["expiredLogEventEndIndex"] = expired_end;
  if (new_begin < events.size()) accepted.rejected["tooNewLogEventStartIndex"] = new_begin;
  return accepted;
}

}  // namespace

ApiResult<Json> put_log_events(LogsContext& context, const Json& in) {
  TRY_VOID(check_sizes(in["logEvents"]));
  TRY(const std::vector<NewLogEvent> events, events_of(in["logEvents"]));
  TRY(const LogGroup group, named_log_group(context, in));
  TRY(const LogStream stream,
      log_stream_in(context, group, in["logStreamName"].get<std::string>()));
  const Accepted accepted = accept(events, group, context.clock.now());
  std::uint64_t written = 0;
  if (!accepted.events.empty()) {
    if (accepted.events.back().time - accepted.events.front().time > span_max) {
      return failure(invalid_log_parameter(
          "The batch of log events in a single PutLogEvents request cannot span more than 24 "
          "hours."));
    }
    auto writer = context.groups.store().open_writer(stream.key());
    if (!writer) return failure(log_error(writer.error()));
    const auto put = (*writer)->put(accepted.events);
    if (!put) return failure(log_error(put.error()));
    written = *put;
  }
  // Clients that chain requests by it need one; nobody reads it.
  Json output{{"nextSequenceToken", fmt::format("{:056}", written)}};
  if (!accepted.rejected.is_null()) output["rejectedLogEventsInfo"] = accepted.rejected;
  return output;
}

}  // namespace trainyard::api
