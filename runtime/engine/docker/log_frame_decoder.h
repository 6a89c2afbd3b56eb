#pragma once

// The Engine's log stream of a container without a terminal: frames of an 8-byte header (stream,
// three zero bytes, length in big-endian order) and as many bytes, each beginning with a time stamp
// and a space, since we ask for those. Knows nothing of sockets; takes bytes cut anywhere.

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/engine/container_engine.h"

namespace trainyard {

// Engines cut lines at 16 KiB; what is far longer is not a log stream.
inline constexpr std::size_t log_frame_limit_bytes = 8 << 20;

class LogFrameDecoder {
 public:
  using OnFrame = std::function<Result<void>(const LogFrame&)>;

  // Calls `on_frame` for each frame that `bytes` completes; ends early with its error. data_corrupt
  // when the bytes are no log stream; internal when the Engine tells inside the stream that it
  // cannot read its log.
  Result<void> feed(std::span<const std::byte> bytes, const OnFrame& on_frame);

  // False in the middle of a frame: a stream that ends there was cut off.
  bool at_boundary() const { return buffer_.empty(); }

 private:
  Result<void> decode(std::string_view header, std::string_view payload, const OnFrame& on_frame);

  std::string buffer_;  // the beginning of a frame whose end has not come
};

}  // namespace trainyard
