#include "runtime/log/log_reader.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include <fcntl.h>

#include "runtime/log/log_block.h"

namespace trainyard {

namespace {

constexpr std::uint64_t stretch_bytes = 2 * log_index_bytes;
constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();

Time from_count(std::int64_t nanoseconds) {
  return Time(std::chrono::nanoseconds(nanoseconds));
}

}  // namespace

Result<LogReader> LogReader::open(const std::filesystem::path& file) {
  UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno != ENOENT) return failure(system_error(errno, "opening " + file.string()));
  return LogReader(std::move(fd), LogIndex::open(file));
}

LogReader::Origin LogReader::origin_of(const std::optional<LogIndexEntry>& entry) {
  if (!entry) return {};
  return {entry->offset, entry->first_event, from_count(entry->time_before)};
}

LogReader::Origin LogReader::behind_loaded() const {
  return {end_, first_event_ + events_.size(), time_behind_};
}

Result<void> LogReader::load(const Origin& origin, std::uint64_t end) {
  events_.clear();
  at_ = 0;
  begin_ = end_ = origin.offset;
  first_event_ = origin.first_event;
  time_behind_ = origin.time_before;
  if (!file_) return {};
  std::uint64_t wanted = std::min(end - origin.offset, stretch_bytes);
  // What lies before a place must be loaded to that place, however far it is.
  if (end != no_end) wanted = end - origin.offset;
  for (;;) {
    bytes_.resize(wanted);
    TRY(const std::size_t size, read_log_bytes(file_.get(), bytes_.data(), wanted, origin.offset));
    std::string_view rest = std::string_view(bytes_).substr(0, size);
    LogBlockHeader header;
    std::string_view events;
    while (take_log_block(rest, header, events)) {
      TRY_VOID(take_block(header, events));
    }
    end_ = origin.offset + size - rest.size();
    if (!events_.empty() || size < wanted || header.size == 0) return {};
    // One block that is larger than the stretch.
    wanted = sizeof(header) + header.size;
  }
}

Result<void> LogReader::take_block(const LogBlockHeader& header, std::string_view events) {
  std::uint64_t number = header.first_event;
  while (!events.empty()) {
    TRY(const LogEventView event, take_log_event(events));
    time_behind_ = std::max(time_behind_, event.time);
    events_.push_back(
        {number++, event.time, time_behind_, from_count(header.ingestion_time), event.message});
  }
  return {};
}

// After a power cut the index may be ahead of its log.
Result<void> LogReader::load_at(std::optional<LogIndexEntry> entry) {
  for (;;) {
    TRY_VOID(load(origin_of(entry), no_end));
    if (!events_.empty() || !entry) return {};
    entry = index_.before_offset(entry->offset);
  }
}

Result<void> LogReader::seek_event(std::uint64_t number) {
  TRY_VOID(load_at(index_.at_event(number)));
  while (!events_.empty() && first_event_ + events_.size() <= number) {
    TRY_VOID(load(behind_loaded(), no_end));
  }
  at_ = events_.empty() ? 0 : static_cast<std::size_t>(number - first_event_);
  return {};
}

Result<void> LogReader::seek_time(Time time) {
  TRY_VOID(load_at(index_.at_time(time)));
  while (!events_.empty() && time_behind_ < time) TRY_VOID(load(behind_loaded(), no_end));
  const auto found =
      std::partition_point(events_.begin(), events_.end(),
                           [&](const StoredEvent& event) { return event.order_time < time; });
  at_ = static_cast<std::size_t>(found - events_.begin());
  return {};
}

Result<void> LogReader::seek_end() {
  return seek_event(std::numeric_limits<std::uint64_t>::max());
}

Result<const StoredEvent*> LogReader::next() {
  if (at_ == events_.size()) TRY_VOID(load(behind_loaded(), no_end));
  return at_ == events_.size() ? nullptr : &events_[at_++];
}

Result<const StoredEvent*> LogReader::previous() {
  if (at_ == 0) {
    if (begin_ == 0) return nullptr;
    TRY_VOID(load(origin_of(index_.before_offset(begin_)), begin_));
    at_ = events_.size();
    if (at_ == 0) return failure(ErrorKind::data_corrupt, "a log cannot be read backwards");
  }
  return &events_[--at_];
}

Result<LogEnd> LogReader::tail() const {
  if (!file_) return LogEnd{};
  auto entry = index_.at_event(std::numeric_limits<std::uint64_t>::max());
  for (;;) {
    const std::uint64_t begin = origin_of(entry).offset;
    TRY(const LogEnd tail, end_behind(begin));
    if (tail.bytes > begin || !entry) return tail;
    entry = index_.before_offset(begin);
  }
}

Result<LogEnd> LogReader::end_behind(std::uint64_t offset) const {
  LogEnd tail;
  LogBlockHeader header;
  std::string events;
  tail.bytes = offset;
  for (;;) {
    TRY(const bool whole, read_log_block(file_.get(), tail.bytes, header, events));
    if (!whole) return tail;
    tail.bytes += sizeof(header) + header.size;
    tail.events = header.first_event + header.events;
    tail.late_events = header.late_events;
    tail.latest_time = from_count(header.latest_time);
    tail.ingestion_time = from_count(header.ingestion_time);
    tail.position = position_of(header);
  }
}

}  // namespace trainyard
