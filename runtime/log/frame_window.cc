#include "runtime/log/frame_window.h"

#include <algorithm>

namespace trainyard {

void FrameWindow::add(Time time) {
  const std::int64_t number = time.time_since_epoch() / bucket;
  const bool set_back =
      time < since_ || (!counts_.empty() && number < counts_.rbegin()->first - buckets_kept);
  if (set_back) {
    ++resets_;
    since_ = Time{};
    frames_ = total_;
    counts_.clear();
    ambiguous_to_ = highest_;
  }
  ++total_;
  ++frames_;
  ++counts_[number];
  highest_ = std::max(highest_, number);
  const std::int64_t oldest = counts_.rbegin()->first - buckets_kept;
  while (counts_.begin()->first < oldest) {
    if (ambiguous_to_ == 0) {
      frames_ -= counts_.begin()->second;
      since_ = std::max(since_, Time(oldest * bucket));
    }
    counts_.erase(counts_.begin());
  }
  if (ambiguous_to_ != 0 && oldest > ambiguous_to_) {
    ambiguous_to_ = 0;
    since_ = Time(oldest * bucket);
    frames_ = 0;
    for (const auto& [bucket_number, count] : counts_) frames_ += count;
  }
}

}  // namespace trainyard
