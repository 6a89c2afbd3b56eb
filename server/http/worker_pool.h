#pragma once

// The threads that serve connections which have something to read. Threads are made when work waits
// and none is free, up to the limit, and stay until the pool stops.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <set>

#include "runtime/base/task_group.h"
#include "server/http/connection.h"

namespace trainyard::server {

class WorkerPool {
 public:
  // What to do with a connection after a thread served it for a turn.
  enum class Next { close, park, serve_again };

  using Turn = std::function<Next(Connection&)>;
  using Park = std::function<void(ConnectionPointer)>;

  // Both functions are called on the pool's threads, without any lock held.
  WorkerPool(std::size_t threads, Turn turn, Park park);
  ~WorkerPool();

  // Any thread. As many connections can wait as can be open at all.
  void submit(ConnectionPointer connection);

  // Connections wait for a thread. Any thread.
  bool others_wait() const { return waiting_.load(std::memory_order_relaxed) > 0; }

  // Waits until `deadline` for everything that was submitted to be served, and parked or closed.
  void await_idle(std::chrono::steady_clock::time_point deadline);
  // The same; then interrupts what still runs and drops what waits. Returns when the last thread
  // has ended.
  void stop(std::chrono::steady_clock::time_point deadline);

 private:
  void work(std::stop_token stop);
  Next guarded_turn(Connection& connection);
  ConnectionPointer next(std::stop_token stop);
  void finished(Connection& connection);
  void turn_over();
  void await_idle(std::unique_lock<std::mutex>& lock,
                  std::chrono::steady_clock::time_point deadline);

  std::size_t limit_;
  Turn turn_;
  Park park_;
  std::mutex mutex_;
  std::condition_variable_any work_or_stop_;
  std::condition_variable idle_;
  std::deque<ConnectionPointer> queue_;
  std::set<Connection*> served_;  // owned by the threads
  std::size_t busy_ = 0;          // threads whose connection is served, or on its way elsewhere
  std::atomic<std::size_t> waiting_ = 0;
  std::size_t threads_ = 0;
  std::size_t free_threads_ = 0;
  bool closed_ = false;
  TaskGroup group_;
};

}  // namespace trainyard::server
