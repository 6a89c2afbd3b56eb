#pragma once

// A connected socket as straight-line code sees it: calls that block, each with its own time limit.
// The descriptor is non-blocking underneath; waiting is done by poll(2).
//
// One thread at a time, except `interrupt`. Errors: timed_out when the limit passed, unavailable
// when the peer is gone or `interrupt` was called.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace trainyard::server {

class SocketStream {
 public:
  using Duration = std::chrono::milliseconds;

  // `socket` is a connected stream socket in non-blocking mode.
  explicit SocketStream(UniqueFd socket) : socket_(std::move(socket)) {}

  // Reads what is there, at least one byte; 0 is the peer's end. Nothing when no byte came in time.
  Result<std::optional<std::size_t>> read(std::span<std::byte> buffer, Duration limit);

  // Writes `first` and then `second`. The limit holds for each wait, not for the whole. `more`
  // says that another write follows at once, so that the kernel need not send a short packet.
  Result<void> write(std::string_view first, std::string_view second, Duration limit,
                     bool more = false);

  // Sends part of a file without copying it through this process.
  Result<void> send_file(int file, std::uint64_t offset, std::uint64_t length, Duration limit);

  // Tells the peer that nothing more will come.
  void finish_writing();

  // Any thread: makes every present and later call end at once.
  void interrupt();

  int descriptor() const { return socket_.get(); }

 private:
  Result<bool> wait(short events, Duration limit);
  Result<void> wait_writable(Duration limit);

  UniqueFd socket_;
};

// Keeps SIGPIPE from the calling thread: sendfile(2) has no flag against it.
void block_broken_pipe_signal();

}  // namespace trainyard::server
