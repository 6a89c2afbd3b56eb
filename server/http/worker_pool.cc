#include "server/http/worker_pool.h"

#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

namespace trainyard::server {

WorkerPool::WorkerPool(std::size_t threads, Turn turn, Park park)
    : limit_(threads), turn_(std::move(turn)), park_(std::move(park)), group_("http", threads) {
}

WorkerPool::~WorkerPool() {
  stop(std::chrono::steady_clock::now());
}

void WorkerPool::submit(ConnectionPointer connection) {
  // Where the pool is closed, the connection closes after the lock was left.
  const std::unique_lock lock(mutex_);
  if (closed_) return;
  queue_.push_back(std::move(connection));
  waiting_.store(queue_.size(), std::memory_order_relaxed);
  if (free_threads_ < queue_.size() && threads_ < limit_ &&
      group_.spawn([this](std::stop_token stop) { work(stop); })) {
    ++threads_;
  }
  work_or_stop_.notify_one();
}

void WorkerPool::work(std::stop_token stop) {
  block_broken_pipe_signal();
  while (ConnectionPointer connection = next(stop)) {
    const Next next_step = guarded_turn(*connection);
    finished(*connection);
    switch (next_step) {
      case Next::close:
        connection.reset();
        break;
      case Next::park:
        park_(std::move(connection));
        break;
      case Next::serve_again:
        submit(std::move(connection));
        break;
    }
    turn_over();
  }
}

WorkerPool::Next WorkerPool::guarded_turn(Connection& connection) {
  try {
    return turn_(connection);
  } catch (const std::exception& error) {
    spdlog::error("a connection was closed because of an exception: {}", error.what());
    return Next::close;
  }
}

// The connection that waited longest, or nothing when the pool stops.
ConnectionPointer WorkerPool::next(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  ++free_threads_;
  const bool found = work_or_stop_.wait(lock, stop, [&] { return !queue_.empty(); });
  --free_threads_;
  if (!found) return nullptr;
  ConnectionPointer connection = std::move(queue_.front());
  queue_.pop_front();
  waiting_.store(queue_.size(), std::memory_order_relaxed);
  served_.insert(connection.get());
  ++busy_;
  return connection;
}

// From here on the connection may go at any moment.
void WorkerPool::finished(Connection& connection) {
  const std::lock_guard lock(mutex_);
  served_.erase(&connection);
}

void WorkerPool::turn_over() {
  const std::lock_guard lock(mutex_);
  --busy_;
  if (busy_ == 0 && queue_.empty()) idle_.notify_all();
}

void WorkerPool::await_idle(std::unique_lock<std::mutex>& lock,
                            std::chrono::steady_clock::time_point deadline) {
  idle_.wait_until(lock, deadline, [&] { return busy_ == 0 && queue_.empty(); });
}

void WorkerPool::await_idle(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  await_idle(lock, deadline);
}

void WorkerPool::stop(std::chrono::steady_clock::time_point deadline) {
  std::deque<ConnectionPointer> dropped;
  {
    std::unique_lock lock(mutex_);
    await_idle(lock, deadline);
    closed_ = true;
    dropped.swap(queue_);
    waiting_.store(0, std::memory_order_relaxed);
    if (!served_.empty()) {
      spdlog::warn("{} requests were cut off because the server stops", served_.size());
    }
    for (Connection* connection : served_) connection->stream.interrupt();
  }
  group_.request_stop();
  group_.join();
}

}  // namespace trainyard::server
