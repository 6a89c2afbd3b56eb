#pragma once

// Remembers how much of a followed log was seen, so that its end can be read once more: an Engine
// may end the stream of a container that has just exited before it has sent the last lines.

#include <cstdint>
#include <map>

#include "runtime/base/clock.h"

namespace trainyard {

class LogTail {
 public:
  // A frame was seen, in the order of the log. Times may go back a little, as the two streams of a
  // container are stamped side by side.
  void note(Time time);

  // Where to read from again, and how many frames from there on were seen already.
  struct Resume {
    Time since;
    std::uint64_t seen;
  };
  Resume resume(Time since) const;

 private:
  // Frames by tenths of a second, of the last two seconds of the log.
  std::map<std::int64_t, std::uint64_t> counts_;
};

}  // namespace trainyard
