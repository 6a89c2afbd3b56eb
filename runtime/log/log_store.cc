#include "runtime/log/log_store.h"

#include <cerrno>
#include <vector>

#include <spdlog/spdlog.h>

namespace trainyard {

namespace {

constexpr std::string_view file_suffix = ".log";
// The flushing thread may have a writer in its hands that its owner has let go.
constexpr std::chrono::milliseconds closing_patience{200};
constexpr std::size_t summaries_max = 100'000;

}  // namespace

LogStore::LogStore(std::filesystem::path directory, Clock& clock,
                   std::chrono::milliseconds flush_interval)
    : directory_(std::move(directory)), clock_(clock), flusher_("log flush", 1) {
  flusher_.spawn(
      [this, flush_interval](std::stop_token stop) { flush_writers(stop, flush_interval); });
}

LogStore::~LogStore() {
  flusher_.request_stop();
  flusher_.join();
}

std::filesystem::path LogStore::file_of(const std::string& stream) const {
  return directory_ / (stream + std::string(file_suffix));
}

Result<std::shared_ptr<LogWriter>> LogStore::open_writer(const std::string& stream) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto known = writers_.find(stream);
    if (known == writers_.end()) break;
    if (auto writer = known->second.lock()) return writer;
    // Its last lines are being written.
    writer_closed_.wait(lock);
  }
  TRY(auto opened, LogWriter::open(file_of(stream), clock_));
  const auto close = [this, stream](LogWriter* writer) {
    delete writer;
    const std::lock_guard closing(mutex_);
    writers_.erase(stream);
    writer_closed_.notify_all();
  };
  std::shared_ptr<LogWriter> writer(opened.release(), close);
  writers_[stream] = writer;
  ++changes_;
  summaries_.erase(stream);
  return writer;
}

bool LogStore::has_writer(const std::string& stream) const {
  std::unique_lock lock(mutex_);
  return !writer_closed_.wait_for(lock, closing_patience,
                                  [&] { return !writers_.contains(stream); });
}

void LogStore::flush_writers(std::stop_token stop, std::chrono::milliseconds interval) {
  SystemClock clock;
  bool failing = false;
  while (wait_for(clock, interval, stop)) {
    std::vector<std::shared_ptr<LogWriter>> writers;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [stream, known] : writers_) {
        if (auto writer = known.lock()) writers.push_back(std::move(writer));
      }
    }
    bool failed = false;
    for (const auto& writer : writers) {
      const auto flushed = writer->flush();
      if (flushed) continue;
      // A full disk is told of once, not with every flush.
      if (!failing && !failed) spdlog::error("{}", flushed.error().message);
      failed = true;
    }
    failing = failed;
  }
}

Result<LogReader> LogStore::open_reader(const std::string& stream) const {
  return LogReader::open(file_of(stream));
}

Result<void> LogStore::read(
    const std::string& stream,
    const std::function<Result<void>(Time, std::string_view)>& on_event) const {
  TRY(LogReader reader, open_reader(stream));
  for (;;) {
    TRY(const StoredEvent* const event, reader.next());
    if (event == nullptr) return {};
    TRY_VOID(on_event(event->time, event->message));
  }
}

Result<LogSummary> LogStore::summary(const std::string& stream) const {
  std::uint64_t changes = 0;
  bool written_to = false;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = summaries_.find(stream); known != summaries_.end()) {
      return known->second;
    }
    changes = changes_;
    written_to = writers_.contains(stream);
  }
  TRY(LogReader reader, open_reader(stream));
  TRY(const LogEnd tail, reader.tail());
  LogSummary summary{tail.bytes, tail.events,      tail.late_events,
                     {},         tail.latest_time, tail.ingestion_time};
  TRY(const StoredEvent* const first, reader.next());
  if (first != nullptr) summary.first_time = first->time;
  const std::lock_guard lock(mutex_);
  // Not when somebody may have written to it, or removed it, since it was read.
  if (!written_to && changes == changes_) {
    if (summaries_.size() >= summaries_max) summaries_.clear();
    summaries_[stream] = summary;
  }
  return summary;
}

Result<void> LogStore::remove(const std::string& stream) {
  const std::filesystem::path file = file_of(stream);
  std::error_code error;
  std::filesystem::remove(file, error);
  if (error) return failure(system_error(error.value(), "removing a log"));
  {
    const std::lock_guard lock(mutex_);
    ++changes_;
    summaries_.erase(stream);
  }
  std::filesystem::remove(log_index_file(file), error);
  if (error) return failure(system_error(error.value(), "removing a log's index"));
  return {};
}

void LogStore::sweep(const std::function<bool(const std::string& stream)>& wanted) {
  std::error_code error;
  std::vector<std::filesystem::path> unwanted;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    const std::size_t end = name.find(file_suffix);
    if (end == name.npos || !wanted(name.substr(0, end))) unwanted.push_back(entry.path());
  }
  for (const auto& path : unwanted) std::filesystem::remove_all(path, error);
}

}  // namespace trainyard
