#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/log/line_assembler.h"
#include "runtime/log/log_block.h"
#include "runtime/log/log_index.h"

namespace trainyard {

// Within a stream events are told by number, in the order they came. Where one came late, that is,
// with an earlier time than one before it, its place in time is that of the latest before it: so
// `order_time` never falls.
struct StoredEvent {
  std::uint64_t number = 0;
  Time time{};
  Time order_time{};
  Time ingestion_time{};
  std::string_view message;
};

// What a stream holds up to its last whole block.
struct LogEnd {
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  std::uint64_t late_events = 0;
  Time latest_time{};
  Time ingestion_time{};
  LogPosition position;
};

// A place between two events of a stream, to read from in either direction. Finds any place by the
// stream's index and holds one stretch of the file at a time: what a page costs does not depend on
// the size of the log. Used by one thread; a writer may append meanwhile.
class LogReader {
 public:
  // A stream without a file has no events.
  static Result<LogReader> open(const std::filesystem::path& file);

  // Goes before that event, or to the end when there are fewer.
  Result<void> seek_event(std::uint64_t number);
  // Goes before the first event whose order_time is not before `time`.
  Result<void> seek_time(Time time);
  Result<void> seek_end();

  // The event behind the place, or before it, and steps over it. Null at the end, or beginning.
  // Valid until the next call.
  Result<const StoredEvent*> next();
  Result<const StoredEvent*> previous();

  // Number of the event behind the place.
  std::uint64_t place() const { return first_event_ + at_; }

  Result<LogEnd> tail() const;

 private:
  LogReader(UniqueFd file, LogIndex index) : file_(std::move(file)), index_(std::move(index)) {}

  // Where blocks begin, and what came before.
  struct Origin {
    std::uint64_t offset = 0;
    std::uint64_t first_event = 0;
    Time time_before{};
  };
  static Origin origin_of(const std::optional<LogIndexEntry>& entry);
  // Loads whole blocks from `origin` on, up to `end` of the file; at least one where there is one.
  Result<void> load(const Origin& origin, std::uint64_t end);
  // Loads from the entry on, or from the one before it where no block begins.
  Result<void> load_at(std::optional<LogIndexEntry> entry);
  Origin behind_loaded() const;
  Result<void> take_block(const LogBlockHeader& header, std::string_view events);
  // `offset` itself when no whole block begins there.
  Result<LogEnd> end_behind(std::uint64_t offset) const;

  UniqueFd file_;
  LogIndex index_;
  // The stretch that is loaded.
  std::string bytes_;
  std::vector<StoredEvent> events_;
  std::uint64_t begin_ = 0;  // offsets in the file
  std::uint64_t end_ = 0;
  std::uint64_t first_event_ = 0;
  Time time_behind_{};
  std::size_t at_ = 0;
};

}  // namespace trainyard
