#include "server/http/request_body.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace trainyard::server {

namespace {

// A chunk's size with its extensions, or one field of a trailer.
constexpr std::size_t line_limit = 4096;
constexpr std::size_t trailer_limit = 16 * 1024;

tl::unexpected<Error> malformed(std::string message) {
  return failure(ErrorKind::invalid_argument, std::move(message));
}

}  // namespace

RequestBody::RequestBody(SocketStream& stream, ReadBuffer& input, const RequestHead& head,
                         std::chrono::milliseconds read_time, std::chrono::milliseconds write_time)
    : stream_(stream),
      input_(input),
      read_time_(read_time),
      write_time_(write_time),
      chunked_(head.chunked),
      continue_wanted_(head.expects_continue),
      state_(head.chunked ? State::chunk_size : State::data),
      left_(head.content_length.value_or(0)) {
  if (!chunked_ && left_ == 0) state_ = State::finished;
  // A client that sent some of the body already does not wait for our word.
  if (!input_.empty()) continue_wanted_ = false;
}

Result<std::size_t> RequestBody::read(std::span<std::byte> buffer) {
  if (state_ == State::finished) return std::size_t{0};
  if (state_ == State::broken) {
    return failure(ErrorKind::unavailable, "the request's body could not be read");
  }
  auto count = read_next(buffer);
  if (!count) state_ = State::broken;
  return count;
}

Result<std::size_t> RequestBody::read_next(std::span<std::byte> buffer) {
  if (continue_wanted_) {
    continue_wanted_ = false;
    TRY_VOID(stream_.write("HTTP/1.1 100 Continue\r\n\r\n", "", write_time_));
  }
  for (;;) {
    switch (state_) {
      case State::data:
        return read_data(buffer);
      case State::chunk_size:
        TRY_VOID(read_chunk_size());
        break;
      case State::chunk_end:
        TRY_VOID(read_chunk_end());
        break;
      case State::trailer:
        TRY_VOID(read_trailer());
        break;
      case State::finished:
      case State::broken:
        return std::size_t{0};
    }
  }
}

Result<std::size_t> RequestBody::read_data(std::span<std::byte> buffer) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left_));
  const auto part = buffer.first(wanted);
  std::size_t count = input_.take(part);
  if (count == 0) {
    TRY(count, receive(part));
  }
  left_ -= count;
  if (left_ == 0) state_ = chunked_ ? State::chunk_end : State::finished;
  return count;
}

Result<void> RequestBody::read_chunk_size() {
  TRY(const std::string_view line, read_line());
  const char* const end = line.data() + line.size();
  const auto [next, error] = std::from_chars(line.data(), end, left_, 16);
  // Behind the number there may be extensions, which mean nothing to us.
  if (error != std::errc() || (next != end && *next != ';' && *next != ' ' && *next != '\t')) {
    return malformed("a chunk without a proper size");
  }
  input_.consume(line.size() + 2);
  state_ = left_ == 0 ? State::trailer : State::data;
  return {};
}

Result<void> RequestBody::read_chunk_end() {
  TRY(const std::string_view line, read_line());
  if (!line.empty()) return malformed("a chunk is longer than its size");
  input_.consume(2);
  state_ = State::chunk_size;
  return {};
}

// Fields of a trailer are read over: nothing we serve has a meaning for them.
Result<void> RequestBody::read_trailer() {
  TRY(const std::string_view line, read_line());
  const std::size_t size = line.size() + 2;
  trailer_bytes_ += size;
  if (trailer_bytes_ > trailer_limit) return malformed("the trailer is too long");
  input_.consume(size);
  if (size == 2) state_ = State::finished;
  return {};
}

// The next line, without its end, which stays in the buffer.
Result<std::string_view> RequestBody::read_line() {
  std::size_t searched = 0;
  for (;;) {
    const std::string_view unread = input_.unread();
    const std::size_t newline = unread.find('\n', searched);
    if (newline != std::string_view::npos) {
      if (newline == 0 || unread[newline - 1] != '\r') return malformed("a line ends without CR");
      return unread.substr(0, newline - 1);
    }
    searched = unread.size();
    if (searched >= line_limit) return malformed("a line between chunks is too long");
    TRY(const std::size_t count, receive(input_.prepare(line_limit)));
    input_.commit(count);
  }
}

Result<std::size_t> RequestBody::receive(std::span<std::byte> buffer) {
  TRY(const auto count, stream_.read(buffer, read_time_));
  if (!count) return failure(ErrorKind::timed_out, "the client stopped sending its request");
  if (*count == 0) {
    return failure(ErrorKind::unavailable, "the client went away in the middle of its request");
  }
  return *count;
}

bool RequestBody::drain(std::uint64_t bytes, std::chrono::milliseconds time) {
  if (finished()) return true;
  if (continue_wanted_ || (!chunked_ && left_ > bytes)) return false;
  const auto deadline = std::chrono::steady_clock::now() + time;
  read_time_ = std::min(read_time_, time);
  std::vector<std::byte> buffer(64 * 1024);
  std::uint64_t total = 0;
  while (total <= bytes && std::chrono::steady_clock::now() < deadline) {
    const auto count = read(buffer);
    if (!count) return false;
    if (*count == 0) return true;
    total += *count;
  }
  return finished();
}

}  // namespace trainyard::server
