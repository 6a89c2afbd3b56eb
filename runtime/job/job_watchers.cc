#include "runtime/job/job_watchers.h"

#include "runtime/job/job_key.h"

namespace trainyard {

JobWatch JobWatchers::watch(const std::string& name, OnJobChange on_change) {
  const std::lock_guard lock(mutex_);
  const auto watcher = watchers_.emplace(job_key(name), std::move(on_change));
  // The handle points to nothing; its end is what it is for.
  return {this, [watcher](JobWatchers* watchers) {
            const std::lock_guard lock_again(watchers->mutex_);
            watchers->watchers_.erase(watcher);
          }};
}

void JobWatchers::tell(const JobRecord& record) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = watchers_.equal_range(job_key(record.spec.name));
  for (auto watcher = begin; watcher != end; ++watcher) watcher->second(&record);
}

void JobWatchers::tell_gone(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = watchers_.equal_range(job_key(name));
  for (auto watcher = begin; watcher != end; ++watcher) watcher->second(nullptr);
}

void JobWatchers::tell_all_gone() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, on_change] : watchers_) on_change(nullptr);
}

}  // namespace trainyard
