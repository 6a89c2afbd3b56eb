#pragma once

// One connection to the Engine, used in straight-line blocking code: the descriptor does not block,
// waiting is a poll with a deadline. Used by one thread at a time, except shut_down().

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/engine/endpoint.h"

namespace trainyard {

using Deadline = std::chrono::steady_clock::time_point;

inline constexpr Deadline never = Deadline::max();

inline Deadline after(std::chrono::steady_clock::duration duration) {
  return std::chrono::steady_clock::now() + duration;
}

class Connection {
 public:
  // unavailable with a remedy when it cannot be made, timed_out, cancelled. Resolving a host name
  // is not interrupted by `stop`.
  static Result<std::unique_ptr<Connection>> open(const EngineEndpoint& endpoint, Deadline deadline,
                                                  std::stop_token stop);

  // At least one byte, or 0 at the end.
  Result<std::size_t> read_some(std::span<std::byte> buffer, Deadline deadline);

  enum class Written { all, peer_spoke };
  // Writes all of `bytes`. With `listen` it stops as soon as the peer says something or hangs up,
  // for then it does not want the rest.
  Result<Written> write(std::span<const std::byte> bytes, bool listen, Deadline deadline);

  // False when the peer has hung up, or has said something that nobody asked for.
  bool is_quiet() const;

  // Wakes whoever reads or writes, now and later. Any thread.
  void shut_down() noexcept;

 private:
  explicit Connection(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<short> wait(short events, Deadline deadline);

  UniqueFd fd_;
};

}  // namespace trainyard
