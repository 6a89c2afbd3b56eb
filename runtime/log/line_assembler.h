#pragma once

// From the Engine's frames to whole lines, and to the place where reading can be taken up again.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/engine/container_engine.h"
#include "runtime/log/frame_window.h"

namespace trainyard {

// Where to go on reading a container's output so that no line is lost or doubled: ask the Engine
// for frames since `since`, skip the first `frames` of them, then of each stream the bytes that
// stand in lines already.
struct LogPosition {
  Time since{};
  std::uint64_t frames = 0;
  std::uint64_t preceding = 0;  // frames of the whole output that are not counted in `frames`
  std::array<std::uint64_t, 2> emitted_bytes{};  // of out and err

  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

// Puts the frames of one container together to lines, for each of its two streams on its own. Used
// by one thread.
class LineAssembler {
 public:
  // A longer line goes out in pieces of this many bytes.
  static constexpr std::size_t line_limit = 1024 * 1024;

  // `line` is without its newline, valid during the call; `time` is that of its first frame, raised
  // where needed so that times never fall.
  using OnLine = std::function<Result<void>(Time time, std::string_view line)>;

  // Begins at `position`: the start of the output, or where an earlier reader had come to.
  explicit LineAssembler(LogPosition position = {});

  // Frames in order, beginning with the first whose time is not before the position's `since`.
  Result<void> add(const LogFrame& frame, const OnLine& on_line);
  // The container has ended: lines without a newline are lines too.
  Result<void> finish(const OnLine& on_line);

  // A place from which a new reader loses nothing and repeats nothing of the lines that went out.
  LogPosition position() const;

 private:
  // A frame's place in the whole of the output.
  struct FramePlace {
    std::uint64_t number = 0;  // within the whole output
    Time since{};              // with `frames`: how to find it again
    std::uint64_t frames = 0;
    std::uint64_t window = 0;              // FrameWindow::resets when `since` was taken
    std::array<std::uint64_t, 2> begin{};  // bytes of each stream that came before it
  };
  struct Partial {
    std::string text;
    Time time{};
    FramePlace first;  // the frame that holds the first byte of `text`
  };

  FramePlace next_place() const;
  Result<void> emit(Time time, std::string_view line, const OnLine& on_line);

  FrameWindow window_;
  std::uint64_t frames_to_skip_;
  std::uint64_t frames_seen_ = 0;
  std::array<std::uint64_t, 2> seen_bytes_{};
  std::array<std::uint64_t, 2> emitted_end_;  // how far each stream stands in lines
  std::array<Partial, 2> partials_;
  Time last_time_{};
};

}  // namespace trainyard
