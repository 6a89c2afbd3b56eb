#include "runtime/log/log_writer.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/log/log_block.h"

namespace trainyard {

namespace {

constexpr std::size_t block_bytes = 64 * 1024;

// Goes through the blocks that the index does not know yet.
Result<void> complete_index(int fd, const LogIndex& index, LogIndexWriter& writer,
                            std::uint64_t end) {
  const auto last = index.before_offset(end);
  std::uint64_t offset = last ? last->offset : 0;
  Time time_before = last ? Time(std::chrono::nanoseconds(last->time_before)) : Time{};
  LogBlockHeader header;
  while (offset < end) {
    TRY(const std::size_t size,
        read_log_bytes(fd, reinterpret_cast<char*>(&header), sizeof(header), offset));
    if (size < sizeof(header)) return {};
    writer.note(offset, header.first_event, time_before);
    time_before = Time(std::chrono::nanoseconds(header.latest_time));
    offset += sizeof(header) + header.size;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<LogWriter>> LogWriter::open(const std::filesystem::path& file,
                                                   Clock& clock) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) return failure(system_error(errno, fmt::format("opening {}", file.string())));
  TRY(const LogReader reader, LogReader::open(file));
  TRY(const LogEnd tail, reader.tail());
  if (::ftruncate(fd.get(), static_cast<off_t>(tail.bytes)) != 0) {
    return failure(system_error(errno, fmt::format("cutting {}", file.string())));
  }
  const LogIndex known = LogIndex::open(file);
  TRY(LogIndexWriter index, LogIndexWriter::open(file, tail.bytes));
  TRY_VOID(complete_index(fd.get(), known, index, tail.bytes));
  return std::unique_ptr<LogWriter>(new LogWriter(std::move(fd), std::move(index), tail, clock));
}

LogWriter::LogWriter(UniqueFd file, LogIndexWriter index, const LogEnd& tail, Clock& clock)
    : clock_(clock),
      file_(std::move(file)),
      index_(std::move(index)),
      file_size_(tail.bytes),
      written_{tail.events, tail.late_events, tail.latest_time},
      covered_(written_),
      all_(written_),
      position_(tail.position),
      written_position_(tail.position) {
}

LogWriter::~LogWriter() {
  if (const auto flushed = flush(); !flushed) {
    spdlog::error("log lines could not be written: {}", flushed.error().message);
  }
}

void LogWriter::Extent::append(std::string& buffer, Time time, std::string_view message) {
  append_log_event(buffer, time, message);
  ++events;
  if (time < latest_time) ++late_events;
  latest_time = std::max(latest_time, time);
}

void LogWriter::cover_all_locked() {
  committed_ = buffer_.size();
  covered_ = all_;
}

void LogWriter::append(Time time, std::string_view message) {
  const std::lock_guard lock(mutex_);
  all_.append(buffer_, std::max(all_.latest_time, time), message);
}

Result<void> LogWriter::commit(const LogPosition& position) {
  const std::lock_guard lock(mutex_);
  position_ = position;
  cover_all_locked();
  if (committed_ < block_bytes) return {};
  auto flushed = flush_locked();
  if (!flushed) forget_unwritten_locked();
  return flushed;
}

void LogWriter::forget_unwritten_locked() {
  buffer_.clear();
  committed_ = 0;
  covered_ = all_ = written_;
  position_ = written_position_;
}

void LogWriter::append_own(Time time, std::string_view message) {
  const std::lock_guard lock(mutex_);
  const bool all_committed = committed_ == buffer_.size();
  all_.append(buffer_, std::max(all_.latest_time, time), message);
  // In the middle of a frame's lines it is committed with them.
  if (all_committed) cover_all_locked();
}

Result<std::uint64_t> LogWriter::put(std::span<const NewLogEvent> events) {
  const std::lock_guard lock(mutex_);
  TRY_VOID(flush_locked());
  std::string text;
  Extent extent = written_;
  for (const NewLogEvent& event : events) extent.append(text, event.time, event.message);
  TRY_VOID(write_block_locked(text, extent));
  // Lines that wait for the end of their frame come after these.
  const std::uint64_t waiting = all_.events - written_.events;
  all_.events += events.size();
  all_.late_events = extent.late_events + waiting;
  all_.latest_time = std::max(all_.latest_time, extent.latest_time);
  if (waiting == 0) all_ = extent;
  written_ = covered_ = extent;
  return written_.events;
}

Result<void> LogWriter::flush() {
  const std::lock_guard lock(mutex_);
  return flush_locked();
}

Result<void> LogWriter::flush_locked() {
  if (committed_ == 0) return {};
  TRY_VOID(write_block_locked(std::string_view(buffer_).substr(0, committed_), covered_));
  written_ = covered_;
  written_position_ = position_;
  buffer_.erase(0, committed_);
  committed_ = 0;
  return {};
}

Result<void> LogWriter::write_block_locked(std::string_view events, const Extent& extent) {
  LogBlockHeader header;
  header.events = static_cast<std::uint32_t>(extent.events - written_.events);
  header.first_event = written_.events;
  header.latest_time = extent.latest_time.time_since_epoch().count();
  header.late_events = extent.late_events;
  header.ingestion_time = clock_.now().time_since_epoch().count();
  set_position(header, position_);
  seal_log_block(header, events);
  iovec parts[] = {{&header, sizeof(header)}, {const_cast<char*>(events.data()), events.size()}};
  const std::size_t total = sizeof(header) + events.size();
  const ssize_t count = ::writev(file_.get(), parts, 2);
  if (count != static_cast<ssize_t>(total)) {
    const int reason = count < 0 ? errno : ENOSPC;
    // Half a block would hide every later one.
    if (::ftruncate(file_.get(), static_cast<off_t>(file_size_)) != 0) {
      spdlog::error("a log could not be cut back to its last whole block");
    }
    return failure(system_error(reason, "writing a log"));
  }
  index_.note(file_size_, written_.events, written_.latest_time);
  file_size_ += total;
  return {};
}

LogPosition LogWriter::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

}  // namespace trainyard
