#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace trainyard {

// Something that happens once, and the one who wants to be told of it. Any thread.
class Notice {
 public:
  // The first time tells the listener; calls it while a lock is held, so it must not come back
  // here.
  void give() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(given_, true)) return;
    if (listener_) listener_();
  }

  bool given() const {
    const std::lock_guard lock(mutex_);
    return given_;
  }

  // Replaces the listener, and calls it at once when it has happened already. After listen({}) no
  // earlier listener is called any more, nor is a call under way.
  void listen(std::function<void()> listener) {
    const std::lock_guard lock(mutex_);
    listener_ = std::move(listener);
    if (given_ && listener_) listener_();
  }

 private:
  mutable std::mutex mutex_;
  bool given_ = false;
  std::function<void()> listener_;
};

}  // namespace trainyard
