#pragma once

// Where job logs lie: one append-only file a stream, in blocks that are whole or not there. A block
// holds events and the position in the container's output that they end at, so that events and the
// place to go on reading can never disagree.
//
// Block: header (LogBlockHeader, little-endian as the machine), then per event: int64 time in
// nanoseconds, uint32 length, bytes. A torn block at the end of a file is cut off when a writer
// opens it.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/base/task_group.h"
#include "runtime/base/unique_fd.h"
#include "runtime/log/line_assembler.h"

namespace trainyard {

// Appends to one stream. All members may be called from any thread.
class LogWriter {
 public:
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Adds an event to those that are not committed. A time before the latest event's is raised to
  // it.
  void append(Time time, std::string_view message);
  // Everything appended so far belongs together with `position`. Written soon after, at once when
  // there is much.
  Result<void> commit(const LogPosition& position);
  // An event of our own between those of the container; it needs no position.
  void append_own(Time time, std::string_view message);
  // Writes what is committed. Readers see it when this returns.
  Result<void> flush();

  // Of the last block: where reading the container's output is to go on.
  LogPosition position() const;

 private:
  friend class LogStore;
  LogWriter(UniqueFd file, std::uint64_t next_event, Time last_time, LogPosition position);
  Result<void> flush_locked();

  mutable std::mutex mutex_;
  UniqueFd file_;
  std::string buffer_;         // events in file format
  std::size_t committed_ = 0;  // bytes of `buffer_` that are covered by `position_`
  std::uint32_t buffered_events_ = 0;
  std::uint32_t committed_events_ = 0;
  std::uint64_t next_event_;  // number of the first event in `buffer_`
  Time last_time_;
  LogPosition position_;
};

class LogStore {
 public:
  // Keeps its files below `directory`. Writers are flushed every `flush_interval` by a thread of
  // the store's own that lives as long as the store.
  explicit LogStore(std::filesystem::path directory,
                    std::chrono::milliseconds flush_interval = std::chrono::milliseconds(100));
  ~LogStore();

  // Opens a stream for writing, behind what it holds already. One writer a stream.
  Result<std::shared_ptr<LogWriter>> open_writer(const std::string& stream);

  // Calls `on_event` for every event that is written, in order; none for an unknown stream.
  Result<void> read(const std::string& stream,
                    const std::function<Result<void>(Time, std::string_view)>& on_event) const;
  Result<void> remove(const std::string& stream);

 private:
  void flush_writers(std::stop_token stop, std::chrono::milliseconds interval);
  std::filesystem::path file_of(const std::string& stream) const;

  std::filesystem::path directory_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<LogWriter>> writers_;
  TaskGroup flusher_;
};

}  // namespace trainyard
