#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/log/log_store.h"
#include "runtime/store/log_catalog.h"

namespace trainyard {

// A place in the joint order of all events of several streams: by order_time, then by stream, then
// by number. Events that come later do not move it.
struct MergePlace {
  Time time{};
  std::int64_t stream = 0;
  std::uint64_t event = 0;

  friend auto operator<=>(const MergePlace&, const MergePlace&) = default;
};

struct MergeQuery {
  // Events of this time span, the end excluded.
  Time begin{};
  Time end = Time::max();
  bool newest_first = false;
  // Go on behind this event, in the order of the query.
  std::optional<MergePlace> after;
};

struct MergedEvent {
  const LogStream* stream = nullptr;
  MergePlace place;
  StoredEvent event;
};

// Reads several streams as one, in the order of time. A stream is opened when its turn comes; of
// many that overlap only a bounded number is open. Used by one thread.
class LogMerge {
 public:
  static constexpr std::size_t open_streams_max = 64;

  // The store must outlive it.
  static Result<LogMerge> start(const LogStore& store, std::vector<LogStream> streams,
                                const MergeQuery& query);

  // Steps to the next event; null when there are no more. Valid until the next call.
  //
  // In streams with late events those outside of the time span come too: `event.time` tells.
  Result<const MergedEvent*> next();

 private:
  struct Cursor {
    LogStream stream;
    bool in_order = true;  // the stream has no late events
    std::unique_ptr<LogReader> reader;
    // The event that is next of this stream; while `found` is false, only where to look for it.
    StoredEvent event;
    bool found = false;
  };
  // A cursor and the place of its next event, or a place that is not behind it.
  struct Turn {
    MergePlace place;
    std::size_t cursor = 0;
  };

  LogMerge(const LogStore& store, const MergeQuery& query) : store_(&store), query_(query) {}
  Result<void> add(LogStream stream);
  Result<void> seek_first(Cursor& cursor);
  // Moves on to the cursor's next event and gives it a turn; a cursor at its end gets none.
  Result<void> advance(std::size_t index);
  Result<void> open(Cursor& cursor);
  void park(Cursor& cursor);
  // Closes the open stream whose turn comes last.
  void park_latest();
  bool is_earlier(const Turn& a, const Turn& b) const;
  void push(Turn turn);
  Turn pop();

  const LogStore* store_;
  MergeQuery query_;
  std::vector<Cursor> cursors_;
  std::vector<Turn> turns_;  // a heap, the earliest in front
  std::size_t open_ = 0;
  std::optional<std::size_t> current_;
  MergedEvent merged_;
};

}  // namespace trainyard
