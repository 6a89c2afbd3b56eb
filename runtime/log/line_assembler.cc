#include "runtime/log/line_assembler.h"

#include <algorithm>

namespace trainyard {

LineAssembler::LineAssembler(LogPosition position)
    : window_(position.since, position.preceding),
      frames_to_skip_(position.frames),
      emitted_end_(position.emitted_bytes) {
}

Result<void> LineAssembler::add(const LogFrame& frame, const OnLine& on_line) {
  const FramePlace place = next_place();
  window_.add(frame.time);
  if (frames_seen_++ < frames_to_skip_) return {};

  const std::size_t stream = frame.stream == LogFrame::Stream::err ? 1 : 0;
  seen_bytes_[stream] += frame.bytes.size();
  // Bytes that an earlier reader has put into lines already.
  const std::uint64_t known =
      emitted_end_[stream] - std::min(emitted_end_[stream], place.begin[stream]);
  std::string_view rest = frame.bytes.substr(
      static_cast<std::size_t>(std::min<std::uint64_t>(known, frame.bytes.size())));

  Partial& partial = partials_[stream];
  while (!rest.empty()) {
    if (partial.text.empty()) {
      partial.time = frame.time;
      partial.first = place;
    }
    const std::size_t room = line_limit - partial.text.size();
    const std::size_t newline = rest.find('\n');
    if (newline < rest.size() && newline <= room) {
      // A line that lies whole in one frame is passed on without a copy.
      std::string_view line = rest.substr(0, newline);
      if (!partial.text.empty()) {
        partial.text.append(line);
        line = partial.text;
      }
      emitted_end_[stream] += line.size() + 1;
      TRY_VOID(emit(partial.time, line, on_line));
      rest.remove_prefix(newline + 1);
    } else if (rest.size() >= room) {
      partial.text.append(rest.substr(0, room));
      emitted_end_[stream] += partial.text.size();
      TRY_VOID(emit(partial.time, partial.text, on_line));
      rest.remove_prefix(room);
    } else {
      partial.text.append(rest);
      return {};
    }
    partial.text.clear();
  }
  return {};
}

Result<void> LineAssembler::finish(const OnLine& on_line) {
  for (std::size_t stream = 0; stream < partials_.size(); ++stream) {
    Partial& partial = partials_[stream];
    if (partial.text.empty()) continue;
    emitted_end_[stream] += partial.text.size();
    TRY_VOID(emit(partial.time, partial.text, on_line));
    partial.text.clear();
  }
  return {};
}

Result<void> LineAssembler::emit(Time time, std::string_view line, const OnLine& on_line) {
  last_time_ = std::max(last_time_, time);
  return on_line(last_time_, line);
}

LineAssembler::FramePlace LineAssembler::next_place() const {
  return {window_.total(), window_.since(), window_.frames(), window_.resets(), seen_bytes_};
}

LogPosition LineAssembler::position() const {
  FramePlace first = next_place();
  for (const Partial& partial : partials_) {
    if (!partial.text.empty() && partial.first.number < first.number) first = partial.first;
  }
  // Since the clock was set back, frames before this one may lie on either side of `since`.
  if (first.window != window_.resets()) {
    first.since = Time{};
    first.frames = first.number;
  }
  LogPosition position{first.since, first.frames, first.number - first.frames, {}};
  for (std::size_t stream = 0; stream < partials_.size(); ++stream) {
    const std::uint64_t begin = first.begin[stream];
    position.emitted_bytes[stream] =
        emitted_end_[stream] > begin ? emitted_end_[stream] - begin : 0;
  }
  return position;
}

}  // namespace trainyard
