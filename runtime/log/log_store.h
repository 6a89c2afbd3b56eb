#pragma once

// Where logs lie: one append-only file a stream, in blocks that are whole or not there, and beside
// it a sparse index (log_index.h). A block holds events and the position in the container's output
// that they end at, so that events and the place to go on reading can never disagree.
//
// Block: header (LogBlockHeader, little-endian as the machine), then per event: int64 time in
// nanoseconds, uint32 length, bytes. A torn block at the end of a file is cut off when a writer
// opens it.

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/base/task_group.h"
#include "runtime/log/log_reader.h"
#include "runtime/log/log_writer.h"

namespace trainyard {

// What can be said of a stream without reading it.
struct LogSummary {
  std::uint64_t bytes = 0;
  std::uint64_t events = 0;
  std::uint64_t late_events = 0;
  // Of the first event, and the latest of all; meaningless without events.
  Time first_time{};
  Time latest_time{};
  Time ingestion_time{};
};

// All members may be called from any thread.
class LogStore {
 public:
  // Keeps its files below `directory`. Writers are flushed every `flush_interval` by a thread of
  // the store's own that lives as long as the store, as `clock` must too.
  LogStore(std::filesystem::path directory, Clock& clock,
           std::chrono::milliseconds flush_interval = std::chrono::milliseconds(100));
  ~LogStore();

  // The stream's writer, which writes behind what is there; the same one for all who have it open.
  // It must not outlive the store.
  Result<std::shared_ptr<LogWriter>> open_writer(const std::string& stream);
  // Whether somebody has it open for writing. Who has just closed it is waited for a moment.
  bool has_writer(const std::string& stream) const;

  // Reads a stream; an unknown one has no events.
  Result<LogReader> open_reader(const std::string& stream) const;
  // Calls `on_event` for every event that is written, in order.
  Result<void> read(const std::string& stream,
                    const std::function<Result<void>(Time, std::string_view)>& on_event) const;
  Result<LogSummary> summary(const std::string& stream) const;
  Result<void> remove(const std::string& stream);

  // Removes the files of every stream that is not `wanted`. Nobody may write meanwhile.
  void sweep(const std::function<bool(const std::string& stream)>& wanted);

 private:
  void flush_writers(std::stop_token stop, std::chrono::milliseconds interval);
  std::filesystem::path file_of(const std::string& stream) const;

  std::filesystem::path directory_;
  Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable writer_closed_;
  std::map<std::string, std::weak_ptr<LogWriter>> writers_;  // that are open, or being closed
  std::uint64_t changes_ = 0;  // how often a stream was opened for writing, or removed
  // Of streams that nobody writes to.
  mutable std::map<std::string, LogSummary> summaries_;
  TaskGroup flusher_;
};

}  // namespace trainyard
