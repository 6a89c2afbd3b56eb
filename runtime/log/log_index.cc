#include "runtime/log/log_index.h"

#include <cerrno>
#include <cstddef>

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include "runtime/log/log_block.h"

namespace trainyard {

namespace {

std::uint64_t checksum_of(const LogIndexEntry& entry) {
  return ::crc32(0, reinterpret_cast<const Bytef*>(&entry), offsetof(LogIndexEntry, checksum));
}

}  // namespace

std::filesystem::path log_index_file(const std::filesystem::path& log) {
  return log.string() + ".index";
}

LogIndex LogIndex::open(const std::filesystem::path& log) {
  return LogIndex(UniqueFd(::open(log_index_file(log).c_str(), O_RDONLY | O_CLOEXEC)));
}

std::optional<LogIndexEntry> LogIndex::entry(std::uint64_t number) const {
  LogIndexEntry entry;
  const auto read = read_log_bytes(file_.get(), reinterpret_cast<char*>(&entry), sizeof(entry),
                                   number * sizeof(entry));
  if (!read || *read != sizeof(entry) || entry.checksum != checksum_of(entry)) return std::nullopt;
  return entry;
}

template <typename Predicate>
std::uint64_t LogIndex::count_that(Predicate wanted) const {
  struct stat status{};
  if (!file_ || ::fstat(file_.get(), &status) != 0) return 0;
  std::uint64_t begin = 0;
  std::uint64_t end = static_cast<std::uint64_t>(status.st_size) / sizeof(LogIndexEntry);
  while (begin < end) {
    const std::uint64_t middle = begin + (end - begin) / 2;
    const auto candidate = entry(middle);
    // What is damaged lies at the end, after a power cut.
    if (candidate && wanted(*candidate)) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

template <typename Predicate>
std::optional<LogIndexEntry> LogIndex::last_that(Predicate wanted) const {
  const std::uint64_t count = count_that(wanted);
  return count == 0 ? std::nullopt : entry(count - 1);
}

std::optional<LogIndexEntry> LogIndex::at_event(std::uint64_t number) const {
  return last_that([&](const LogIndexEntry& entry) { return entry.first_event <= number; });
}

std::optional<LogIndexEntry> LogIndex::at_time(Time time) const {
  const std::int64_t wanted = time.time_since_epoch().count();
  return last_that([&](const LogIndexEntry& entry) { return entry.time_before < wanted; });
}

std::optional<LogIndexEntry> LogIndex::before_offset(std::uint64_t offset) const {
  return last_that([&](const LogIndexEntry& entry) { return entry.offset < offset; });
}

std::uint64_t LogIndex::count_before_offset(std::uint64_t offset) const {
  return count_that([&](const LogIndexEntry& entry) { return entry.offset < offset; });
}

Result<LogIndexWriter> LogIndexWriter::open(const std::filesystem::path& log,
                                            std::uint64_t log_end) {
  const LogIndex index = LogIndex::open(log);
  LogIndexWriter writer;
  if (const auto last = index.before_offset(log_end)) writer.last_offset_ = last->offset;
  const std::filesystem::path file = log_index_file(log);
  writer.file_.reset(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!writer.file_) return failure(system_error(errno, "opening " + file.string()));
  const std::uint64_t size = index.count_before_offset(log_end) * sizeof(LogIndexEntry);
  if (::ftruncate(writer.file_.get(), static_cast<off_t>(size)) != 0) {
    return failure(system_error(errno, "cutting " + file.string()));
  }
  return writer;
}

void LogIndexWriter::note(std::uint64_t offset, std::uint64_t first_event, Time time_before) {
  if (last_offset_ && offset < *last_offset_ + log_index_bytes) return;
  LogIndexEntry entry{offset, first_event, time_before.time_since_epoch().count(), 0};
  entry.checksum = checksum_of(entry);
  last_offset_ = offset;
  unwritten_.append(reinterpret_cast<const char*>(&entry), sizeof(entry));
  const ssize_t written = ::write(file_.get(), unwritten_.data(), unwritten_.size());
  if (written > 0) unwritten_.erase(0, static_cast<std::size_t>(written));
}

}  // namespace trainyard
