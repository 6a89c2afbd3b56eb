#include "runtime/engine/docker/log_frame_decoder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "runtime/engine/docker/engine_time.h"

namespace trainyard {
namespace {

constexpr std::size_t header_bytes = 8;
constexpr char engine_error_stream = 3;

std::size_t payload_size(std::string_view header) {
  std::size_t size = 0;
  for (std::size_t i = 4; i < header_bytes; ++i) {
    size = size << 8 | static_cast<unsigned char>(header[i]);
  }
  return size;
}

bool is_header(std::string_view header) {
  return header[0] >= 0 && header[0] <= engine_error_stream && header[1] == 0 && header[2] == 0 &&
         header[3] == 0 && payload_size(header) <= log_frame_limit_bytes;
}

}  // namespace

Result<void> LogFrameDecoder::feed(std::span<const std::byte> bytes, const OnFrame& on_frame) {
  std::string_view text = as_text(bytes);
  while (!text.empty() || buffer_.size() >= header_bytes) {
    // A frame is looked at in the buffer only when it came in pieces.
    const bool buffered = !buffer_.empty();
    if (buffered && buffer_.size() < header_bytes) {
      const std::size_t missing = std::min(header_bytes - buffer_.size(), text.size());
      buffer_.append(text.substr(0, missing));
      text.remove_prefix(missing);
      if (buffer_.size() < header_bytes) return {};
    }
    const std::string_view start = buffered ? std::string_view(buffer_) : text;
    if (start.size() < header_bytes) {
      buffer_ = text;
      return {};
    }
    if (!is_header(start)) {
      return failure(ErrorKind::data_corrupt, "the Engine's log stream is not made of frames");
    }
    const std::size_t size = header_bytes + payload_size(start);
    if (buffered) {
      const std::size_t missing = std::min(size - buffer_.size(), text.size());
      buffer_.append(text.substr(0, missing));
      text.remove_prefix(missing);
      if (buffer_.size() < size) return {};
      const std::string frame = std::exchange(buffer_, {});
      TRY_VOID(decode(frame, std::string_view(frame).substr(header_bytes), on_frame));
    } else if (text.size() < size) {
      buffer_ = text;
      return {};
    } else {
      TRY_VOID(decode(text, text.substr(header_bytes, size - header_bytes), on_frame));
      text.remove_prefix(size);
    }
  }
  return {};
}

Result<void> LogFrameDecoder::decode(std::string_view header, std::string_view payload,
                                     const OnFrame& on_frame) {
  if (header[0] == engine_error_stream) {
    return failure(ErrorKind::internal,
                   fmt::format("the Engine cannot read the container's log: {}", payload));
  }
  const std::size_t space = payload.find(' ');
  const auto time = parse_engine_time(payload.substr(0, space));
  if (space == std::string_view::npos || !time) {
    return failure(ErrorKind::data_corrupt, "a frame of the Engine's log has no time stamp");
  }
  LogFrame frame;
  frame.stream = header[0] == 2 ? LogFrame::Stream::err : LogFrame::Stream::out;
  frame.time = *time;
  frame.bytes = payload.substr(space + 1);
  return on_frame(frame);
}

}  // namespace trainyard
