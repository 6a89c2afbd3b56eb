#pragma once

// The door to time. Everything that reads the time or waits for a moment does it through a Clock,
// so that tests can move it by hand.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

namespace trainyard {

// A moment of civil time (UTC), to the nanosecond, as the Engine reports it.
using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

inline constexpr Time no_deadline = Time::max();

inline std::int64_t to_milliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

inline Time from_milliseconds(std::int64_t milliseconds) {
  return Time(std::chrono::milliseconds(milliseconds));
}

// All members may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual Time now() const = 0;

  // Waits on `condition`, whose mutex `lock` holds, until `done()` is true (returns true), or until
  // `deadline` has passed or `stop` was requested (returns done()).
  virtual bool wait_until(std::unique_lock<std::mutex>& lock,
                          std::condition_variable_any& condition, std::stop_token stop,
                          Time deadline, const std::function<bool()>& done) = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& condition,
                  std::stop_token stop, Time deadline, const std::function<bool()>& done) override;
};

// Waits `duration` or until `stop` is requested; false when stopped.
bool wait_for(Clock& clock, std::chrono::nanoseconds duration, std::stop_token stop);

}  // namespace trainyard
