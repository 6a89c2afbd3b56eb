#include "runtime/base/stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <unistd.h>

namespace trainyard {

Result<std::size_t> StringSource::read(std::span<std::byte> buffer) {
  const std::size_t count = std::min(buffer.size(), text_.size() - position_);
  std::memcpy(buffer.data(), text_.data() + position_, count);
  position_ += count;
  return count;
}

Result<void> StringSink::write(std::span<const std::byte> bytes) {
  text_.append(as_text(bytes));
  return {};
}

Result<void> FdSink::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return failure(system_error(errno, "writing a file"));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::size_t> FdSource::read(std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return failure(system_error(errno, "reading a file"));
  }
}

Result<std::uint64_t> copy_all(ByteSource& from, ByteSink& to, const std::stop_token& stop) {
  std::vector<std::byte> buffer(stream_buffer_bytes);
  std::uint64_t total = 0;
  for (;;) {
    if (stop.stop_requested()) return failure(ErrorKind::cancelled, "copying was stopped");
    TRY(const std::size_t count, from.read(buffer));
    if (count == 0) return total;
    TRY_VOID(to.write(std::span(buffer).first(count)));
    total += count;
  }
}

Result<std::string> read_all(ByteSource& from, std::size_t limit) {
  std::string text;
  // Most of what is read whole is small. Freeing 64 KiB and more makes the allocator tidy up.
  std::vector<std::byte> buffer(std::min(limit + 1, std::size_t{16 * 1024}));
  for (;;) {
    TRY(const std::size_t count, from.read(buffer));
    if (count == 0) return text;
    if (text.size() + count > limit) {
      return failure(ErrorKind::limit_exceeded, fmt::format("more than {} bytes", limit));
    }
    text.append(as_text(std::span(buffer).first(count)));
  }
}

Result<std::size_t> read_full(ByteSource& from, std::span<std::byte> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    TRY(const std::size_t count, from.read(buffer.subspan(filled)));
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

}  // namespace trainyard
