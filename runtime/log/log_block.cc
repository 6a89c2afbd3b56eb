#include "runtime/log/log_block.h"

#include <cerrno>
#include <cstddef>
#include <cstring>

#include <unistd.h>
#include <zlib.h>

namespace trainyard {

namespace {

std::uint32_t checksum_of(const LogBlockHeader& header, std::string_view events) {
  constexpr std::size_t skipped = offsetof(LogBlockHeader, size);
  const auto* bytes = reinterpret_cast<const Bytef*>(&header);
  uLong checksum = ::crc32(0, bytes + skipped, sizeof(header) - skipped);
  checksum = ::crc32_z(checksum, reinterpret_cast<const Bytef*>(events.data()), events.size());
  return static_cast<std::uint32_t>(checksum);
}

}  // namespace

void seal_log_block(LogBlockHeader& header, std::string_view events) {
  header.size = static_cast<std::uint32_t>(events.size());
  header.checksum = checksum_of(header, events);
}

void set_position(LogBlockHeader& header, const LogPosition& position) {
  header.position_since = position.since.time_since_epoch().count();
  header.position_frames = position.frames;
  header.position_preceding = position.preceding;
  header.position_emitted_bytes[0] = position.emitted_bytes[0];
  header.position_emitted_bytes[1] = position.emitted_bytes[1];
}

LogPosition position_of(const LogBlockHeader& header) {
  return {Time(std::chrono::nanoseconds(header.position_since)),
          header.position_frames,
          header.position_preceding,
          {header.position_emitted_bytes[0], header.position_emitted_bytes[1]}};
}

void append_log_event(std::string& buffer, Time time, std::string_view message) {
  const std::int64_t nanoseconds = time.time_since_epoch().count();
  const auto length = static_cast<std::uint32_t>(message.size());
  buffer.append(reinterpret_cast<const char*>(&nanoseconds), sizeof(nanoseconds));
  buffer.append(reinterpret_cast<const char*>(&length), sizeof(length));
  buffer.append(message);
}

Result<LogEventView> take_log_event(std::string_view& events) {
  std::int64_t nanoseconds = 0;
  std::uint32_t length = 0;
  constexpr std::size_t prefix = sizeof(nanoseconds) + sizeof(length);
  if (events.size() < prefix) return failure(ErrorKind::data_corrupt, "a log event is cut short");
  std::memcpy(&nanoseconds, events.data(), sizeof(nanoseconds));
  std::memcpy(&length, events.data() + sizeof(nanoseconds), sizeof(length));
  events.remove_prefix(prefix);
  if (events.size() < length) return failure(ErrorKind::data_corrupt, "a log event is cut short");
  const LogEventView event{Time(std::chrono::nanoseconds(nanoseconds)), events.substr(0, length)};
  events.remove_prefix(length);
  return event;
}

bool take_log_block(std::string_view& bytes, LogBlockHeader& header, std::string_view& events) {
  header = {};
  if (bytes.size() < sizeof(header)) return false;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != LogBlockHeader::magic_value || header.size > LogBlockHeader::size_limit) {
    header.size = 0;
    return false;
  }
  if (bytes.size() - sizeof(header) < header.size) return false;
  events = bytes.substr(sizeof(header), header.size);
  if (checksum_of(header, events) != header.checksum) {
    header.size = 0;
    return false;
  }
  bytes.remove_prefix(sizeof(header) + header.size);
  return true;
}

Result<std::size_t> read_log_bytes(int fd, char* buffer, std::size_t size, std::uint64_t offset) {
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count =
        ::pread(fd, buffer + filled, size - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(system_error(errno, "reading a log"));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

Result<bool> read_log_block(int fd, std::uint64_t offset, LogBlockHeader& header,
                            std::string& events) {
  TRY(const std::size_t header_size,
      read_log_bytes(fd, reinterpret_cast<char*>(&header), sizeof(header), offset));
  if (header_size < sizeof(header) || header.magic != LogBlockHeader::magic_value ||
      header.size > LogBlockHeader::size_limit) {
    return false;
  }
  events.resize(header.size);
  TRY(const std::size_t size,
      read_log_bytes(fd, events.data(), events.size(), offset + sizeof(header)));
  return size == events.size() && checksum_of(header, events) == header.checksum;
}

}  // namespace trainyard
