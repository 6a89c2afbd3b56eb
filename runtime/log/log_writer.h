#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/log/line_assembler.h"
#include "runtime/log/log_index.h"
#include "runtime/log/log_reader.h"

namespace trainyard {

// An event that somebody hands in with a time of its own.
struct NewLogEvent {
  Time time{};
  std::string_view message;
};

// Appends to one stream. All members may be called from any thread.
class LogWriter {
 public:
  // Opens a stream behind its last whole block; what is torn is cut off, and what the index lacks
  // is added. Stamps blocks by `clock`, which must outlive the writer.
  static Result<std::unique_ptr<LogWriter>> open(const std::filesystem::path& file, Clock& clock);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Adds an event to those that are not committed. A time before the latest event's is raised to
  // it.
  void append(Time time, std::string_view message);
  // Everything appended so far belongs together with `position`. Written soon after, at once when
  // there is much. On failure what is not written is forgotten: it is to be read again from
  // `position()` on.
  Result<void> commit(const LogPosition& position);
  // An event of our own between those of the container; it needs no position.
  void append_own(Time time, std::string_view message);
  // Writes what is committed. Readers see it when this returns.
  Result<void> flush();
  // Adds events with their times as they are, and writes them. On failure none is there.
  // Returns the number of events in the stream.
  Result<std::uint64_t> put(std::span<const NewLogEvent> events);

  // Of the last commit: where reading the container's output is to go on.
  LogPosition position() const;

 private:
  LogWriter(UniqueFd file, LogIndexWriter index, const LogEnd& tail, Clock& clock);

  // What a stream holds up to some place.
  struct Extent {
    std::uint64_t events = 0;
    std::uint64_t late_events = 0;
    Time latest_time{};

    // Adds an event to `buffer` that belongs behind this.
    void append(std::string& buffer, Time time, std::string_view message);
  };
  void cover_all_locked();
  void forget_unwritten_locked();
  Result<void> flush_locked();
  // `extent` is up to the end of `events`.
  Result<void> write_block_locked(std::string_view events, const Extent& extent);

  Clock& clock_;
  mutable std::mutex mutex_;
  UniqueFd file_;
  LogIndexWriter index_;
  std::uint64_t file_size_;
  std::string buffer_;         // events in file format
  std::size_t committed_ = 0;  // bytes of `buffer_` that are covered by `position_`
  Extent written_;             // of the whole stream, up to the last block
  Extent covered_;             // up to `committed_`
  Extent all_;                 // up to the end of `buffer_`
  LogPosition position_;
  LogPosition written_position_;
};

}  // namespace trainyard
