#pragma once

// A sparse index beside the file of a log stream: where some of its blocks begin, by event number
// and by time. It holds nothing that the blocks do not say, and may lack its end: whoever has found
// an entry goes on block by block. A writer makes it whole again when it opens the stream.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace trainyard {

// As it lies in the file.
struct LogIndexEntry {
  std::uint64_t offset = 0;       // of a block
  std::uint64_t first_event = 0;  // its first event's number
  std::int64_t time_before = 0;   // the latest time of all events before it, nanoseconds
  std::uint64_t checksum = 0;     // CRC-32 of the above
};
static_assert(sizeof(LogIndexEntry) == 32);

// Blocks are entered about this many bytes apart.
inline constexpr std::uint64_t log_index_bytes = 64 * 1024;

std::filesystem::path log_index_file(const std::filesystem::path& log);

// Looks entries up. Used by one thread; a writer may append meanwhile.
class LogIndex {
 public:
  // Of a stream that has no index (yet) nothing will be found.
  static LogIndex open(const std::filesystem::path& log);

  // The last entry that is not behind the event; nothing when there is none.
  std::optional<LogIndexEntry> at_event(std::uint64_t number) const;
  // The last entry before which every event is earlier than `time`.
  std::optional<LogIndexEntry> at_time(Time time) const;
  // The last entry whose block begins before `offset`.
  std::optional<LogIndexEntry> before_offset(std::uint64_t offset) const;
  // How many entries there are of such blocks.
  std::uint64_t count_before_offset(std::uint64_t offset) const;

 private:
  explicit LogIndex(UniqueFd file) : file_(std::move(file)) {}
  std::optional<LogIndexEntry> entry(std::uint64_t number) const;
  // How many entries are `wanted`; those that are come before those that are not.
  template <typename Predicate>
  std::uint64_t count_that(Predicate wanted) const;
  template <typename Predicate>
  std::optional<LogIndexEntry> last_that(Predicate wanted) const;

  UniqueFd file_;
};

// Appends entries. What cannot be written now is tried again with the next entry. Used by one
// thread at a time.
class LogIndexWriter {
 public:
  // Keeps the entries before `log_end`, drops what comes after and what is no entry.
  static Result<LogIndexWriter> open(const std::filesystem::path& log, std::uint64_t log_end);

  // A block begins here. Makes an entry of it when the last one is far enough away.
  void note(std::uint64_t offset, std::uint64_t first_event, Time time_before);

 private:
  UniqueFd file_;
  std::optional<std::uint64_t> last_offset_;
  std::string unwritten_;
};

}  // namespace trainyard
