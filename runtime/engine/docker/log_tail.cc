#include "runtime/engine/docker/log_tail.h"

#include <algorithm>

namespace trainyard {
namespace {

constexpr std::chrono::milliseconds slot{100};
constexpr std::size_t slots_kept = 20;

}  // namespace

void LogTail::note(Time time) {
  const std::int64_t number = time.time_since_epoch() / slot;
  if (counts_.size() == slots_kept && number < counts_.begin()->first) return;
  ++counts_[number];
  if (counts_.size() > slots_kept) counts_.erase(counts_.begin());
}

LogTail::Resume LogTail::resume(Time since) const {
  if (counts_.empty()) return {since, 0};
  Resume result{std::max(since, Time(slot * counts_.begin()->first)), 0};
  for (const auto& [number, count] : counts_) result.seen += count;
  return result;
}

}  // namespace trainyard
