#include <algorithm>
#include <optional>

#include "api/logs/filter_pattern.h"
#include "api/logs/log_errors.h"
#include "api/logs/log_names.h"
#include "api/logs/log_page.h"
#include "api/logs/operations.h"
#include "api/wire/opaque_token.h"
#include "runtime/log/log_merge.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// Before it the service does not search backwards.
constexpr std::int64_t backward_begin = 1'704'067'200'000;  // 2024-01-01

// A token names the last event that was looked at, in the joint order of all streams, so that
// events that come between two pages are neither repeated nor hide others.
struct SearchToken {
  MergePlace place;
  bool newest_first = false;
};

std::uint64_t identity_of(const Json& in) {
  Json identity = in;
  for (const char* member : {"nextToken", "limit", "startFromHead", "interleaved", "unmask"}) {
    identity.erase(member);
  }
  return request_hash(identity.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string to_text(const SearchToken& token, const Json& in) {
  return to_opaque_token({{"query", identity_of(in)},
                          {"time", token.place.time.time_since_epoch().count()},
                          {"stream", token.place.stream},
                          {"event", token.place.event},
                          {"newest_first", token.newest_first}});
}

ApiResult<SearchToken> parse_token(const Json& in) {
  const Json token = from_opaque_token(in["nextToken"].get<std::string>());
  const auto is_number = [&](const char* member) {
    return token_member(token, member).is_number_integer();
  };
  if (!is_number("query") || !is_number("time") || !is_number("stream") || !is_number("event") ||
      !token_member(token, "newest_first").is_boolean() ||
      token["query"].get<std::uint64_t>() != identity_of(in)) {
    return failure(invalid_log_token());
  }
  SearchToken read;
  read.place.time = Time(std::chrono::nanoseconds(token["time"].get<std::int64_t>()));
  read.place.stream = token["stream"].get<std::int64_t>();
  read.place.event = token["event"].get<std::uint64_t>();
  read.newest_first = token["newest_first"].get<bool>();
  return read;
}

ApiResult<std::vector<LogStream>> wanted_streams(LogsContext& context, const LogGroup& group,
                                                 const Json& in) {
  if (!in.contains("logStreamNames")) {
    LogNameQuery query;
    query.prefix = in.value("logStreamNamePrefix", "");
    query.limit = SIZE_MAX;
    auto streams = context.groups.catalog().list_streams(group.id, query);
    if (!streams) return failure(log_error(streams.error()));
    return std::move(*streams);
  }
  std::vector<LogStream> streams;
  for (const Json& name : in["logStreamNames"]) {
    TRY(LogStream stream, log_stream_in(context, group, name.get<std::string>()));
    const bool known =
        std::ranges::any_of(streams, [&](const LogStream& other) { return other.id == stream.id; });
    if (!known) streams.push_back(std::move(stream));
  }
  return streams;
}

// Told apart by it for ever, and in the order of time.
std::string event_id(const MergePlace& place) {
  return fmt::format("{:020}{:018}{:018}", place.time.time_since_epoch().count(), place.stream,
                     place.event);
}

Json found_json(const MergedEvent& found) {
  Json json = log_event_json(found.event);
  json["logStreamName"] = found.stream->name;
  json["eventId"] = event_id(found.place);
  return json;
}

// What one page's search comes to.
struct Search {
  LogPage page;
  // The last event that was looked at; nothing when all were.
  std::optional<MergePlace> last;
};

Result<Search> search(LogsContext& context, std::vector<LogStream> streams, const MergeQuery& query,
                      const FilterPattern& pattern, std::size_t limit) {
  Search found{LogPage(limit), query.after};
  SearchBudget budget(context.clock);
  const LogSpan span{query.begin, query.end};
  TRY(LogMerge merge, LogMerge::start(context.groups.store(), std::move(streams), query));
  for (;;) {
    TRY(const MergedEvent* const event, merge.next());
    if (event == nullptr) {
      found.last.reset();
      return found;
    }
    if (found.page.full() || budget.used_up()) return found;
    budget.spend(event->event.message);
    if (span.contains(event->event.time) && pattern.matches(event->event.message)) {
      if (!found.page.has_room_for(event->event.message)) return found;
      found.page.add(found_json(*event), event->event.message);
    }
    found.last = event->place;
  }
}

}  // namespace

ApiResult<Json> filter_log_events(LogsContext& context, const Json& in) {
  if (in.contains("logStreamNames") && in.contains("logStreamNamePrefix")) {
    return failure(invalid_log_parameter(
        "logStreamNames and logStreamNamePrefix are mutually exclusive parameters."));
  }
  TRY(const FilterPattern pattern, FilterPattern::parse(in.value("filterPattern", "")));
  const bool backward = !in.value("startFromHead", true);
  if (backward && in.value("startTime", std::int64_t{0}) < backward_begin) {
    return failure(invalid_log_parameter(
        "startFromHead can only be false with a startTime on or after 2024-01-01T00:00:00Z."));
  }
  TRY(const LogGroup group, identified_log_group(context, in));
  TRY(auto streams, wanted_streams(context, group, in));
  MergeQuery query;
  query.newest_first = backward;
  if (in.contains("nextToken")) {
    TRY(const SearchToken token, parse_token(in));
    query.after = token.place;
    query.newest_first = token.newest_first;
  }
  // Unlike that of GetLogEvents, the end is included.
  const LogSpan span = log_span(in, std::chrono::milliseconds(1));
  query.begin = std::max(span.begin, shown_since(group, context.clock.now()));
  query.end = span.end;
  auto found =
      search(context, std::move(streams), query, pattern, in.value("limit", LogPage::events_max));
  if (!found) return failure(log_error(found.error()));
  Json output{{"events", found->page.take_events()}, {"searchedLogStreams", Json::array()}};
  if (found->last) output["nextToken"] = to_text({*found->last, query.newest_first}, in);
  return output;
}

}  // namespace trainyard::api
