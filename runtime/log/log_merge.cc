#include "runtime/log/log_merge.h"

#include <algorithm>

namespace trainyard {

namespace {

constexpr std::chrono::nanoseconds instant{1};

}  // namespace

Result<LogMerge> LogMerge::start(const LogStore& store, std::vector<LogStream> streams,
                                 const MergeQuery& query) {
  LogMerge merge(store, query);
  for (LogStream& stream : streams) TRY_VOID(merge.add(std::move(stream)));
  return merge;
}

Result<void> LogMerge::add(LogStream stream) {
  TRY(const LogSummary summary, store_->summary(stream.key()));
  if (summary.events == 0 || summary.latest_time < query_.begin) return {};
  const bool in_order = summary.late_events == 0;
  if (in_order && summary.first_time >= query_.end) return {};
  // Places may be guessed too early in the order, never too late.
  MergePlace place;
  if (query_.newest_first) {
    place = {summary.latest_time, stream.id, summary.events};
    if (in_order) place.time = std::min(place.time, query_.end);
    if (query_.after) place.time = std::min(place.time, query_.after->time);
  } else {
    if (query_.after && summary.latest_time < query_.after->time) return {};
    place = {std::max(summary.first_time, query_.begin), stream.id, 0};
    if (query_.after) place.time = std::max(place.time, query_.after->time);
  }
  cursors_.push_back({std::move(stream), in_order, nullptr, {}, false});
  push({place, cursors_.size() - 1});
  return {};
}

Result<void> LogMerge::open(Cursor& cursor) {
  TRY(LogReader reader, store_->open_reader(cursor.stream.key()));
  cursor.reader = std::make_unique<LogReader>(std::move(reader));
  ++open_;
  return {};
}

void LogMerge::park(Cursor& cursor) {
  cursor.reader.reset();
  --open_;
}

void LogMerge::park_latest() {
  const Turn* latest = nullptr;
  for (const Turn& turn : turns_) {
    if (!cursors_[turn.cursor].reader) continue;
    if (latest == nullptr || is_earlier(*latest, turn)) latest = &turn;
  }
  park(cursors_[latest->cursor]);
}

Result<void> LogMerge::seek_first(Cursor& cursor) {
  LogReader& reader = *cursor.reader;
  const auto& after = query_.after;
  if (query_.newest_first) {
    // Of what lies before `after` in the joint order, only what may lie in the time span.
    if (after && after->stream == cursor.stream.id) return reader.seek_event(after->event);
    Time before = cursor.in_order ? query_.end : Time::max();
    if (after) {
      before =
          std::min(before, cursor.stream.id < after->stream ? after->time + instant : after->time);
    }
    return before == Time::max() ? reader.seek_end() : reader.seek_time(before);
  }
  if (after && after->stream == cursor.stream.id) return reader.seek_event(after->event + 1);
  Time from = query_.begin;
  if (after) {
    from = std::max(from, cursor.stream.id < after->stream ? after->time + instant : after->time);
  }
  return reader.seek_time(from);
}

Result<void> LogMerge::advance(std::size_t index) {
  Cursor& cursor = cursors_[index];
  if (!cursor.reader) {
    TRY_VOID(open(cursor));
    if (cursor.found) {
      // It was parked at the event that was next then.
      TRY_VOID(cursor.reader->seek_event(cursor.event.number + (query_.newest_first ? 1 : 0)));
    } else {
      TRY_VOID(seek_first(cursor));
    }
  }
  TRY(const StoredEvent* const event,
      query_.newest_first ? cursor.reader->previous() : cursor.reader->next());
  const bool beyond =
      event != nullptr && (query_.newest_first ? event->order_time < query_.begin
                                               : cursor.in_order && event->time >= query_.end);
  if (event == nullptr || beyond) {
    park(cursor);
    return {};
  }
  cursor.event = *event;
  cursor.found = true;
  push({{event->order_time, cursor.stream.id, event->number}, index});
  if (open_ > open_streams_max) park_latest();
  return {};
}

Result<const MergedEvent*> LogMerge::next() {
  if (current_) {
    const std::size_t index = *std::exchange(current_, std::nullopt);
    TRY_VOID(advance(index));
  }
  while (!turns_.empty()) {
    const Turn turn = pop();
    Cursor& cursor = cursors_[turn.cursor];
    const bool is_next = cursor.found && cursor.reader != nullptr;
    if (!is_next) {
      TRY_VOID(advance(turn.cursor));
      continue;
    }
    current_ = turn.cursor;
    merged_ = {&cursor.stream, turn.place, cursor.event};
    return &merged_;
  }
  return nullptr;
}

bool LogMerge::is_earlier(const Turn& a, const Turn& b) const {
  return query_.newest_first ? a.place > b.place : a.place < b.place;
}

void LogMerge::push(Turn turn) {
  turns_.push_back(turn);
  std::push_heap(turns_.begin(), turns_.end(),
                 [this](const Turn& a, const Turn& b) { return is_earlier(b, a); });
}

LogMerge::Turn LogMerge::pop() {
  std::pop_heap(turns_.begin(), turns_.end(),
                [this](const Turn& a, const Turn& b) { return is_earlier(b, a); });
  const Turn turn = turns_.back();
  turns_.pop_back();
  return turn;
}

}  // namespace trainyard
