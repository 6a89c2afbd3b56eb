#pragma once

// Bytes on their way. A body of any size passes through these in bounded memory; whoever holds the
// buffer decides its size. Used by one thread at a time unless a class says otherwise.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace trainyard {

// Size of the buffers that bodies are moved with, in bytes.
inline constexpr std::size_t stream_buffer_bytes = 256 * 1024;

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Reads at least one byte into `buffer` (which is not empty) and returns how many; 0 at the end.
  virtual Result<std::size_t> read(std::span<std::byte> buffer) = 0;
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Takes all of `bytes`, or fails.
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
};

// Writes a body into the sink it is given. The body ends when the function returns success.
using BodyProducer = std::function<Result<void>(ByteSink&)>;

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A source over text that it owns.
class StringSource final : public ByteSource {
 public:
  explicit StringSource(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  std::string text_;
  std::size_t position_ = 0;
};

// A sink that collects; for small bodies and tests.
class StringSink final : public ByteSink {
 public:
  Result<void> write(std::span<const std::byte> bytes) override;
  std::string& text() { return text_; }

 private:
  std::string text_;
};

// Writes to a blocking descriptor that it does not own.
class FdSink final : public ByteSink {
 public:
  explicit FdSink(int fd) : fd_(fd) {}
  Result<void> write(std::span<const std::byte> bytes) override;

 private:
  int fd_;
};

// Reads from a blocking descriptor that it does not own.
class FdSource final : public ByteSource {
 public:
  explicit FdSource(int fd) : fd_(fd) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  int fd_;
};

// Moves everything; returns the number of bytes. cancelled when `stop` is requested before the end.
Result<std::uint64_t> copy_all(ByteSource& from, ByteSink& to, const std::stop_token& stop = {});

// Reads to the end. More than `limit` bytes are ErrorKind::limit_exceeded.
Result<std::string> read_all(ByteSource& from, std::size_t limit);

// Reads until `buffer` is full or the source ends; returns the number of bytes.
Result<std::size_t> read_full(ByteSource& from, std::span<std::byte> buffer);

}  // namespace trainyard
