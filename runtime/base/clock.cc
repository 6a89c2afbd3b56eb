#include "runtime/base/clock.h"

namespace trainyard {

Time SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

bool SystemClock::wait_until(std::unique_lock<std::mutex>& lock,
                             std::condition_variable_any& condition, std::stop_token stop,
                             Time deadline, const std::function<bool()>& done) {
  if (deadline == no_deadline) return condition.wait(lock, stop, done);
  // Waiting is done on the steady clock: a stepped wall clock must not stretch or cut a wait.
  const auto steady_deadline = std::chrono::steady_clock::now() + (deadline - now());
  return condition.wait_until(lock, stop, steady_deadline, done);
}

bool wait_for(Clock& clock, std::chrono::nanoseconds duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any condition;
  std::unique_lock lock(mutex);
  clock.wait_until(lock, condition, stop, clock.now() + duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace trainyard
