#include "runtime/base/task_group.h"

#include <exception>
#include <system_error>

#include <pthread.h>
#include <spdlog/spdlog.h>

namespace trainyard {

TaskGroup::TaskGroup(std::string name, std::size_t limit) : name_(std::move(name)), limit_(limit) {
}

TaskGroup::~TaskGroup() {
  request_stop();
  join();
}

bool TaskGroup::spawn(Task task) {
  std::unique_lock lock(mutex_);
  reap_finished(lock);
  if (stop_.stop_requested() || members_.size() >= limit_) return false;
  Member& member = members_.emplace_back();
  try {
    member.thread = std::thread([this, &member, task = std::move(task)] {
      // Linux cuts thread names at 15 characters.
      pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
      run(task);
      const std::lock_guard done(mutex_);
      member.finished = true;
      changed_.notify_all();
    });
  } catch (const std::system_error& error) {
    spdlog::error("group {} gets no thread: {}", name_, error.what());
    members_.pop_back();
    return false;
  }
  return true;
}

void TaskGroup::run(const Task& task) {
  try {
    task(stop_.get_token());
  } catch (const std::exception& error) {
    spdlog::error("a task of group {} ended by exception: {}", name_, error.what());
  } catch (...) {
    spdlog::error("a task of group {} ended by an unknown exception", name_);
  }
}

void TaskGroup::request_stop() {
  stop_.request_stop();
}

void TaskGroup::join() {
  std::unique_lock lock(mutex_);
  while (!members_.empty()) {
    reap_finished(lock);
    if (!members_.empty()) {
      changed_.wait(lock);
    }
  }
}

std::size_t TaskGroup::running() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Member& member : members_) count += member.finished ? 0 : 1;
  return count;
}

void TaskGroup::reap_finished(std::unique_lock<std::mutex>&) {
  for (auto member = members_.begin(); member != members_.end();) {
    if (member->finished) {
      // The thread has nothing left to do but to release the mutex; joining cannot deadlock
      // because `finished` is set under the mutex that we hold as its last act.
      member->thread.join();
      member = members_.erase(member);
    } else {
      ++member;
    }
  }
}

}  // namespace trainyard
