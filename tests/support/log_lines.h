#pragma once

#include <string>
#include <vector>

#include "runtime/engine/container_engine.h"

namespace trainyard::testing {

// Frames of a container's output, kept.
struct KeptFrame {
  LogFrame::Stream stream;
  Time time;
  std::string bytes;
};

inline auto keep_frames(std::vector<KeptFrame>& frames) {
  return [&frames](const LogFrame& frame) -> Result<void> {
    frames.push_back({frame.stream, frame.time, std::string(frame.bytes)});
    return {};
  };
}

// A frame of the Engine's stream, with the time stamp 2026-11-23T19:02:10Z.
inline std::string log_frame(const std::string& text) {
  const std::string payload = "2026-11-23T19:02:10Z " + text;
  std::string frame(8, '\0');
  frame[0] = 1;
  frame[7] = static_cast<char>(payload.size());
  return frame + payload;
}

inline std::string text_of(const std::vector<KeptFrame>& frames, LogFrame::Stream stream) {
  std::string text;
  for (const KeptFrame& frame : frames) {
    if (frame.stream == stream) text += frame.bytes;
  }
  return text;
}

}  // namespace trainyard::testing
