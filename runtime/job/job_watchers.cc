#include "runtime/job/job_watchers.h"

#include <algorithm>

namespace trainyard {

namespace {

// Names compare without regard to case; they are ASCII by their pattern.
std::string key_of(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name;
}

}  // namespace

JobWatch JobWatchers::watch(const std::string& name, OnJobChange on_change) {
  const std::lock_guard lock(mutex_);
  const auto watcher = watchers_.emplace(key_of(name), std::move(on_change));
  // The handle points to nothing; its end is what it is for.
  return {this, [watcher](JobWatchers* watchers) {
            const std::lock_guard lock_again(watchers->mutex_);
            watchers->watchers_.erase(watcher);
          }};
}

void JobWatchers::tell(const JobRecord& record) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = watchers_.equal_range(key_of(record.spec.name));
  for (auto watcher = begin; watcher != end; ++watcher) watcher->second(&record);
}

void JobWatchers::tell_gone(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = watchers_.equal_range(key_of(name));
  for (auto watcher = begin; watcher != end; ++watcher) watcher->second(nullptr);
}

void JobWatchers::tell_all_gone() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, on_change] : watchers_) on_change(nullptr);
}

}  // namespace trainyard
