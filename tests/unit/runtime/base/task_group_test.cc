#include "runtime/base/task_group.h"

#include <atomic>
#include <future>

#include <doctest/doctest.h>

namespace trainyard {

TEST_CASE("a task group runs tasks, refuses more than its limit, and stops them all") {
  TaskGroup group("test", 2);
  std::promise<void> both;
  std::atomic<int> started = 0;
  const auto task = [&](std::stop_token stop) {
    if (++started == 2) both.set_value();
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait(lock, stop, [] { return false; });
  };
  CHECK(group.spawn(task));
  CHECK(group.spawn(task));
  both.get_future().wait();
  CHECK_FALSE(group.spawn(task));
  CHECK(group.running() == 2);
  group.request_stop();
  group.join();
  CHECK(group.running() == 0);
  CHECK_FALSE(group.spawn(task));
}

TEST_CASE("an exception ends the task, not the program") {
  TaskGroup group("test", 1);
  CHECK(group.spawn([](std::stop_token) { throw std::runtime_error("broken"); }));
  group.join();
  std::atomic<bool> ran = false;
  CHECK(group.spawn([&](std::stop_token) { ran = true; }));
  group.join();
  CHECK(ran);
}

}  // namespace trainyard
