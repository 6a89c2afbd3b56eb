#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "runtime/base/clock.h"

namespace trainyard {

// Counts frames of the recent past, so that a reader can say "all frames since that moment, but for
// the first so many". The Engine stamps a frame before it stores it, and its two streams race for
// that: time stamps may step back a little. A resume point therefore lies a second before the
// latest stamp; what steps back further than that cannot be told apart and is not expected.
class FrameWindow {
 public:
  static constexpr std::chrono::milliseconds bucket{100};
  static constexpr std::int64_t buckets_kept = 10;

  // Frames before `start` will never be seen.
  explicit FrameWindow(Time start) : since_(start) {}

  // Counts one frame.
  void add(Time time);

  Time since() const { return since_; }
  // Frames counted whose time is not before `since`.
  std::uint64_t frames() const { return frames_; }

 private:
  Time since_;
  std::uint64_t frames_ = 0;
  std::map<std::int64_t, std::uint64_t> counts_;  // by bucket number since the epoch
};

}  // namespace trainyard
