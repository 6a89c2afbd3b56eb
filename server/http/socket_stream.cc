#include "server/http/socket_stream.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace trainyard::server {

namespace {

using SteadyClock = std::chrono::steady_clock;

// One call of sendfile(2), so that a large file cannot hold the time limit back.
constexpr std::uint64_t file_piece_bytes = 4 * 1024 * 1024;

bool would_block(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK;
}

tl::unexpected<Error> socket_failure(int error_number, std::string_view what) {
  Error error = system_error(error_number, what);
  error.kind = ErrorKind::unavailable;
  return failure(std::move(error));
}

// Removes the `count` bytes that were written.
void advance(std::array<iovec, 2>& parts, std::size_t count) {
  for (iovec& part : parts) {
    const std::size_t taken = std::min(count, part.iov_len);
    part.iov_base = static_cast<char*>(part.iov_base) + taken;
    part.iov_len -= taken;
    count -= taken;
  }
}

}  // namespace

Result<std::optional<std::size_t>> SocketStream::read(std::span<std::byte> buffer, Duration limit) {
  for (;;) {
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (!would_block(errno)) return socket_failure(errno, "reading from the client");
    TRY(const bool readable, wait(POLLIN, limit));
    if (!readable) return std::nullopt;
  }
}

Result<void> SocketStream::write(std::string_view first, std::string_view second, Duration limit,
                                 bool more) {
  std::array<iovec, 2> parts{iovec{const_cast<char*>(first.data()), first.size()},
                             iovec{const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  while (parts[0].iov_len + parts[1].iov_len > 0) {
    const ssize_t count = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (count >= 0) {
      advance(parts, static_cast<std::size_t>(count));
    } else if (would_block(errno)) {
      TRY_VOID(wait_writable(limit));
    } else if (errno != EINTR) {
      return socket_failure(errno, "writing to the client");
    }
  }
  return {};
}

Result<void> SocketStream::send_file(int file, std::uint64_t offset, std::uint64_t length,
                                     Duration limit) {
  auto position = static_cast<off_t>(offset);
  while (length > 0) {
    const auto piece = static_cast<std::size_t>(std::min(length, file_piece_bytes));
    const ssize_t count = ::sendfile(socket_.get(), file, &position, piece);
    if (count > 0) {
      length -= static_cast<std::uint64_t>(count);
    } else if (count == 0) {
      return failure(ErrorKind::data_corrupt, "the file ended before the answer it is part of");
    } else if (would_block(errno)) {
      TRY_VOID(wait_writable(limit));
    } else if (errno != EINTR) {
      return socket_failure(errno, "sending a file to the client");
    }
  }
  return {};
}

void SocketStream::finish_writing() {
  ::shutdown(socket_.get(), SHUT_WR);
}

void SocketStream::interrupt() {
  ::shutdown(socket_.get(), SHUT_RDWR);
}

// True when one of `events` (or an error, which the next call on the socket reports) is there.
Result<bool> SocketStream::wait(short events, Duration limit) {
  const auto deadline = SteadyClock::now() + limit;
  Duration left = limit;
  for (;;) {
    pollfd entry{socket_.get(), events, 0};
    const int count = ::poll(&entry, 1, static_cast<int>(std::max(left, Duration(0)).count()));
    if (count >= 0) return count > 0;
    if (errno != EINTR) return socket_failure(errno, "waiting for the client");
    left = std::chrono::ceil<Duration>(deadline - SteadyClock::now());
  }
}

Result<void> SocketStream::wait_writable(Duration limit) {
  TRY(const bool writable, wait(POLLOUT, limit));
  if (!writable) return failure(ErrorKind::timed_out, "the client takes no more bytes");
  return {};
}

void block_broken_pipe_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace trainyard::server
