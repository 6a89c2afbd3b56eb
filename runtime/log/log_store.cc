#include "runtime/log/log_store.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/log/log_block.h"

namespace trainyard {

namespace {

constexpr std::size_t block_bytes = 64 * 1024;

// Finds the end of the last whole block and what it says.
struct Tail {
  std::uint64_t end = 0;
  std::uint64_t next_event = 0;
  Time last_time{};
  LogPosition position;
};

Result<Tail> find_tail(int fd) {
  Tail tail;
  LogBlockHeader header;
  std::string events;
  for (;;) {
    TRY(const bool whole, read_log_block(fd, tail.end, header, events));
    if (!whole) return tail;
    tail.end += sizeof(header) + header.size;
    tail.next_event = header.first_event + header.events;
    tail.last_time = Time(std::chrono::nanoseconds(header.last_time));
    tail.position = position_of(header);
  }
}

}  // namespace

LogWriter::LogWriter(UniqueFd file, std::uint64_t next_event, Time last_time, LogPosition position)
    : file_(std::move(file)), next_event_(next_event), last_time_(last_time), position_(position) {
}

LogWriter::~LogWriter() {
  if (const auto flushed = flush(); !flushed) {
    spdlog::error("log lines could not be written: {}", flushed.error().message);
  }
}

void LogWriter::append(Time time, std::string_view message) {
  const std::lock_guard lock(mutex_);
  last_time_ = std::max(last_time_, time);
  append_log_event(buffer_, last_time_, message);
  ++buffered_events_;
}

Result<void> LogWriter::commit(const LogPosition& position) {
  const std::lock_guard lock(mutex_);
  position_ = position;
  committed_ = buffer_.size();
  committed_events_ = buffered_events_;
  if (committed_ >= block_bytes) return flush_locked();
  return {};
}

void LogWriter::append_own(Time time, std::string_view message) {
  const std::lock_guard lock(mutex_);
  const bool all_committed = committed_ == buffer_.size();
  last_time_ = std::max(last_time_, time);
  append_log_event(buffer_, last_time_, message);
  ++buffered_events_;
  // In the middle of a frame's lines it is committed with them.
  if (all_committed) {
    committed_ = buffer_.size();
    committed_events_ = buffered_events_;
  }
}

Result<void> LogWriter::flush() {
  const std::lock_guard lock(mutex_);
  return flush_locked();
}

Result<void> LogWriter::flush_locked() {
  if (committed_ == 0) return {};
  const std::string_view events = std::string_view(buffer_).substr(0, committed_);
  LogBlockHeader header =
      make_log_block_header(events, committed_events_, next_event_, last_time_, position_);
  iovec parts[] = {{&header, sizeof(header)}, {buffer_.data(), committed_}};
  const std::size_t total = sizeof(header) + committed_;
  const off_t begin = ::lseek(file_.get(), 0, SEEK_END);
  const ssize_t written = ::writev(file_.get(), parts, 2);
  if (written != static_cast<ssize_t>(total)) {
    const int reason = written < 0 ? errno : ENOSPC;
    // Half a block would hide every later one.
    if (begin >= 0 && ::ftruncate(file_.get(), begin) != 0) {
      spdlog::error("a log could not be cut back to its last whole block");
    }
    return failure(system_error(reason, "writing a job's log"));
  }
  next_event_ += committed_events_;
  buffered_events_ -= committed_events_;
  buffer_.erase(0, committed_);
  committed_ = 0;
  committed_events_ = 0;
  return {};
}

LogPosition LogWriter::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

LogStore::LogStore(std::filesystem::path directory, std::chrono::milliseconds flush_interval)
    : directory_(std::move(directory)), flusher_("log flush", 1) {
  flusher_.spawn(
      [this, flush_interval](std::stop_token stop) { flush_writers(stop, flush_interval); });
}

LogStore::~LogStore() {
  flusher_.request_stop();
  flusher_.join();
}

std::filesystem::path LogStore::file_of(const std::string& stream) const {
  return directory_ / (stream + ".log");
}

Result<std::shared_ptr<LogWriter>> LogStore::open_writer(const std::string& stream) {
  const std::filesystem::path file = file_of(stream);
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) return failure(system_error(errno, fmt::format("opening {}", file.string())));
  TRY(const Tail tail, find_tail(fd.get()));
  if (::ftruncate(fd.get(), static_cast<off_t>(tail.end)) != 0) {
    return failure(system_error(errno, fmt::format("cutting {}", file.string())));
  }
  std::shared_ptr<LogWriter> writer(
      new LogWriter(std::move(fd), tail.next_event, tail.last_time, tail.position));
  const std::lock_guard lock(mutex_);
  std::erase_if(writers_, [](const auto& known) { return known.expired(); });
  writers_.push_back(writer);
  return writer;
}

void LogStore::flush_writers(std::stop_token stop, std::chrono::milliseconds interval) {
  SystemClock clock;
  bool failing = false;
  while (wait_for(clock, interval, stop)) {
    std::vector<std::shared_ptr<LogWriter>> writers;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& known : writers_) {
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

Result<void> LogStore::read(
    const std::string& stream,
    const std::function<Result<void>(Time, std::string_view)>& on_event) const {
  const std::filesystem::path file = file_of(stream);
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return {};
  if (!fd) return failure(system_error(errno, fmt::format("opening {}", file.string())));
  LogBlockHeader header;
  std::string events;
  for (std::uint64_t offset = 0;; offset += sizeof(header) + header.size) {
    TRY(const bool whole, read_log_block(fd.get(), offset, header, events));
    if (!whole) return {};
    for (std::string_view rest = events; !rest.empty();) {
      TRY(const LogEventView event, take_log_event(rest));
      TRY_VOID(on_event(event.time, event.message));
    }
  }
}

Result<void> LogStore::remove(const std::string& stream) {
  std::error_code error;
  const std::filesystem::path file = file_of(stream);
  std::filesystem::remove(file, error);
  if (error) return failure(system_error(error.value(), "removing a job's log"));
  // The folder goes with its last stream, and stays while there are others.
  if (file.parent_path() != directory_) std::filesystem::remove(file.parent_path(), error);
  return {};
}

}  // namespace trainyard
