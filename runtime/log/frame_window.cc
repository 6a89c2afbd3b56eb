#include "runtime/log/frame_window.h"

#include <algorithm>

namespace trainyard {

void FrameWindow::add(Time time) {
  if (time < since_) return;
  const std::int64_t number = time.time_since_epoch() / bucket;
  ++counts_[number];
  ++frames_;
  const std::int64_t oldest = counts_.rbegin()->first - buckets_kept;
  while (counts_.begin()->first < oldest) {
    frames_ -= counts_.begin()->second;
    counts_.erase(counts_.begin());
    since_ = std::max(since_, Time(oldest * bucket));
  }
}

}  // namespace trainyard
