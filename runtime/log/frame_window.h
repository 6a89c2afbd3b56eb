#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "runtime/base/clock.h"

namespace trainyard {

// Counts frames of the recent past, so that a reader can say "all frames since that moment, but for
// the first so many". The Engine stamps a frame before it stores it, and its two streams race for
// that: time stamps may step back a little. A resume point therefore lies a second before the
// latest stamp.
//
// Where a clock is set back further than that, frames of before and after cannot be told apart by
// time. Then the window is the whole output, until the stamps have passed the latest of before.
class FrameWindow {
 public:
  static constexpr std::chrono::milliseconds bucket{100};
  static constexpr std::int64_t buckets_kept = 10;

  // Only frames from `start` on will be seen; `preceding` others are known to be in the output.
  FrameWindow(Time start, std::uint64_t preceding) : since_(start), total_(preceding) {}

  // Counts one frame.
  void add(Time time);

  Time since() const { return since_; }
  // Frames counted whose time is not before `since`.
  std::uint64_t frames() const { return frames_; }
  // Frames of the whole output so far.
  std::uint64_t total() const { return total_; }
  // How often a clock was set back: a `since` taken at another count must not be used.
  std::uint64_t resets() const { return resets_; }

 private:
  Time since_;
  std::uint64_t frames_ = 0;
  std::uint64_t total_;
  std::uint64_t resets_ = 0;
  std::int64_t highest_ = 0;  // bucket number of the latest stamp of all
  // While the window is the whole output: buckets up to this one are in use twice.
  std::int64_t ambiguous_to_ = 0;
  std::map<std::int64_t, std::uint64_t> counts_;  // by bucket number since the epoch
};

}  // namespace trainyard
