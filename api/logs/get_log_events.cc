#include <algorithm>
#include <charconv>
#include <optional>

#include "api/logs/log_errors.h"
#include "api/logs/log_names.h"
#include "api/logs/log_page.h"
#include "api/logs/operations.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// A token is a place between two events of a stream, and a direction: "f/" or "b/", then 28 digits
// for the stream and 28 for the number of the event behind the place. It stays good as long as the
// stream does; at the end of the stream the token for the next page is the one that was given.
struct PageToken {
  bool forward = true;
  std::int64_t stream = 0;
  std::uint64_t place = 0;
};

constexpr std::size_t number_digits = 28;

std::string to_text(const PageToken& token) {
  return fmt::format("{}/{:028}{:028}", token.forward ? 'f' : 'b', token.stream, token.place);
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

ApiResult<PageToken> parse_token(std::string_view text, const LogStream& stream) {
  PageToken token;
  token.forward = text.starts_with("f/");
  const bool has_form = (token.forward || text.starts_with("b/")) &&
                        text.size() == 2 + 2 * number_digits &&
                        read_number(text.substr(2, number_digits), token.stream) &&
                        read_number(text.substr(2 + number_digits), token.place);
  if (!has_form || token.stream != stream.id) return failure(invalid_log_token());
  return token;
}

// From the reader's place to the end of the page; the place is then behind the page's last event.
Result<void> read_forward(LogReader& reader, const LogSpan& span, bool in_order, LogPage& page,
                          SearchBudget& budget) {
  while (!page.full() && !budget.used_up()) {
    const std::uint64_t place = reader.place();
    TRY(const StoredEvent* const event, reader.next());
    if (event == nullptr) return {};
    const bool beyond = in_order && event->time >= span.end;
    const bool wanted = span.contains(event->time);
    if (beyond || (wanted && !page.has_room_for(event->message))) return reader.seek_event(place);
    budget.spend(event->message);
    if (wanted) page.add(log_event_json(*event), event->message);
  }
  return {};
}

// The same towards the beginning.
Result<void> read_backward(LogReader& reader, const LogSpan& span, LogPage& page,
                           SearchBudget& budget) {
  while (!page.full() && !budget.used_up()) {
    const std::uint64_t place = reader.place();
    TRY(const StoredEvent* const event, reader.previous());
    if (event == nullptr) return {};
    const bool beyond = event->order_time < span.begin;
    const bool wanted = span.contains(event->time);
    if (beyond || (wanted && !page.has_room_for(event->message))) return reader.seek_event(place);
    budget.spend(event->message);
    if (wanted) page.add(log_event_json(*event), event->message);
  }
  return {};
}

// Goes to where the page begins: the token's place, unless the time span begins behind it (or ends
// before it).
Result<void> seek(LogReader& reader, const std::optional<PageToken>& token, bool forward,
                  const LogSpan& span, bool in_order) {
  if (forward) {
    if (token && span.begin == Time{}) return reader.seek_event(token->place);
    TRY_VOID(reader.seek_time(span.begin));
    if (!token || reader.place() >= token->place) return {};
    return reader.seek_event(token->place);
  }
  TRY_VOID(in_order && span.end != Time::max() ? reader.seek_time(span.end) : reader.seek_end());
  if (!token || reader.place() <= token->place) return {};
  return reader.seek_event(token->place);
}

Json reversed(Json events) {
  std::reverse(events.begin(), events.end());
  return events;
}

}  // namespace

ApiResult<Json> get_log_events(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, identified_log_group(context, in));
  TRY(const LogStream stream,
      log_stream_in(context, group, in["logStreamName"].get<std::string>()));
  std::optional<PageToken> token;
  if (in.contains("nextToken")) {
    TRY(token, parse_token(in["nextToken"].get_ref<const std::string&>(), stream));
  }
  // A token knows its direction; it is the request's only without one.
  const bool forward = token ? token->forward : in.value("startFromHead", false);
  LogSpan span = log_span(in, {});
  span.begin = std::max(span.begin, shown_since(group, context.clock.now()));

  LogPage page(in.value("limit", LogPage::events_max));
  SearchBudget budget(context.clock);
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  const auto read = [&]() -> Result<void> {
    TRY(LogReader reader, context.groups.store().open_reader(stream.key()));
    TRY(const LogEnd tail, reader.tail());
    const bool in_order = tail.late_events == 0;
    TRY_VOID(seek(reader, token, forward, span, in_order));
    begin = end = reader.place();
    if (forward) {
      TRY_VOID(read_forward(reader, span, in_order, page, budget));
      end = reader.place();
    } else {
      TRY_VOID(read_backward(reader, span, page, budget));
      begin = reader.place();
    }
    return {};
  }();
  if (!read) return failure(log_error(read.error()));
  return Json{{"events", forward ? page.take_events() : reversed(page.take_events())},
              {"nextForwardToken", to_text({true, stream.id, end})},
              {"nextBackwardToken", to_text({false, stream.id, begin})}};
}

}  // namespace trainyard::api
