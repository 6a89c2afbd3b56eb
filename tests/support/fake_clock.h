#pragma once

#include "runtime/base/clock.h"

namespace trainyard::testing {

// A clock that stands until it is moved. Waits end when it is moved past their deadline.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time start = from_milliseconds(1'700'000'000'000));

  Time now() const override;
  bool wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& condition,
                  std::stop_token stop, Time deadline, const std::function<bool()>& done) override;

  void advance(std::chrono::nanoseconds duration);
  // Blocks until at least `count` threads wait on this clock.
  void await_waiters(std::size_t count);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Time now_;
  std::size_t waiting_ = 0;
};

}  // namespace trainyard::testing
