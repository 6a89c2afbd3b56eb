#pragma once

// Threads that belong together. Every thread of the daemon is a member of a group; a group can be
// stopped and awaited, and its destructor does both, so no thread outlives what it works on.

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace trainyard {

class TaskGroup {
 public:
  using Task = std::function<void(std::stop_token)>;

  // At most `limit` tasks run at once; `spawn` refuses more.
  explicit TaskGroup(std::string name, std::size_t limit);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Runs `task` on a thread of its own. False when the group is stopped or full, or
  // the system has no thread left. The token is asked
  // to stop when the group is. An exception that leaves the task is logged and ends only the task.
  bool spawn(Task task);

  // Asks every task to stop, and refuses new ones. Does not wait. Any thread, also a member's.
  void request_stop();

  // Waits until no task runs. Not from a member of the group.
  void join();

  std::stop_token stop_token() const { return stop_.get_token(); }
  std::size_t running() const;

 private:
  struct Member {
    std::thread thread;
    bool finished = false;
  };

  void run(const Task& task);
  void reap_finished(std::unique_lock<std::mutex>& lock);

  std::string name_;
  std::size_t limit_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Member> members_;
};

}  // namespace trainyard
