#include <future>

#include <doctest/doctest.h>

#include "runtime/base/clock.h"
#include "tests/support/fake_clock.h"

using namespace trainyard;
using namespace std::chrono_literals;

namespace {

// Waits on another thread, as everything does that waits by a clock.
class Waiter {
 public:
  Waiter(Clock& clock, Time deadline)
      : result_(std::async(std::launch::async, [this, &clock, deadline] {
          std::unique_lock lock(mutex_);
          return clock.wait_until(lock, changed_, stop_.get_token(), deadline,
                                  [this] { return done_; });
        })) {}

  void finish() {
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  void stop() { stop_.request_stop(); }
  bool result() { return result_.get(); }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::stop_source stop_;
  bool done_ = false;
  std::future<bool> result_;
};

// `pass` lets that much time go by, or waits for nothing where time goes by itself.
void keeps_the_contract(Clock& clock, const std::function<void(std::chrono::nanoseconds)>& pass) {
  SUBCASE("a wait ends when what it waits for is there") {
    Waiter waiter(clock, no_deadline);
    waiter.finish();
    CHECK(waiter.result());
  }
  SUBCASE("a wait ends when it is asked to stop, without what it waits for") {
    Waiter waiter(clock, no_deadline);
    waiter.stop();
    CHECK_FALSE(waiter.result());
  }
  SUBCASE("a wait ends at its deadline, and not before") {
    const Time deadline = clock.now() + 20ms;
    Waiter waiter(clock, deadline);
    pass(20ms);
    CHECK_FALSE(waiter.result());
    CHECK(clock.now() >= deadline);
  }
  SUBCASE("a deadline that has passed is no wait") {
    Waiter waiter(clock, clock.now() - 1h);
    CHECK_FALSE(waiter.result());
  }
  SUBCASE("a pause tells whether it was cut short") {
    std::stop_source stopped;
    auto whole = std::async(std::launch::async, [&] { return wait_for(clock, 20ms, {}); });
    pass(20ms);
    CHECK(whole.get());
    stopped.request_stop();
    CHECK_FALSE(wait_for(clock, 1h, stopped.get_token()));
  }
}

}  // namespace

TEST_CASE("the system's clock keeps the contract") {
  SystemClock clock;
  keeps_the_contract(clock, [](std::chrono::nanoseconds) {});
}

TEST_CASE("the clock of tests keeps the contract") {
  testing::FakeClock clock;
  keeps_the_contract(clock, [&](std::chrono::nanoseconds duration) {
    clock.await_waiters(1);
    clock.advance(duration);
  });
}
