#include "tests/support/fake_clock.h"

namespace trainyard::testing {

FakeClock::FakeClock(Time start) : now_(start) {
}

Time FakeClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

bool FakeClock::wait_until(std::unique_lock<std::mutex>& lock,
                           std::condition_variable_any& condition, std::stop_token stop,
                           Time deadline, const std::function<bool()>& done) {
  {
    const std::lock_guard own(mutex_);
    ++waiting_;
    changed_.notify_all();
  }
  // The clock cannot lock the waiter's mutex, so a move of the clock is noticed by looking often.
  const auto ended = [&] { return done() || now() >= deadline; };
  while (!stop.stop_requested() &&
         !condition.wait_for(lock, stop, std::chrono::milliseconds(2), ended)) {
  }
  const std::lock_guard own(mutex_);
  --waiting_;
  return done();
}

void FakeClock::advance(std::chrono::nanoseconds duration) {
  const std::lock_guard own(mutex_);
  now_ += duration;
}

void FakeClock::await_waiters(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_ >= count; });
}

}  // namespace trainyard::testing
