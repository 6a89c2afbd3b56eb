#include <vector>

#include "runtime/engine/docker/docker_engine.h"
#include "runtime/engine/docker/engine_error.h"
#include "runtime/engine/docker/engine_time.h"
#include "runtime/engine/docker/log_frame_decoder.h"
#include "runtime/engine/docker/requests.h"

namespace trainyard {

Result<void> DockerEngine::read_logs(const std::string& id, Time since, bool follow,
                                     const std::function<Result<void>(const LogFrame&)>& on_frame,
                                     std::stop_token stop) {
  const std::string target =
      fmt::format("/containers/{}/logs?stdout=1&stderr=1&timestamps=1&follow={}&since={}",
                  encode_path(id), follow ? 1 : 0, to_engine_query(since));
  TRY(const auto stream, client_.stream(get_request(target), nullptr,
                                        follow ? no_idle_limit : transfer_idle_limit, stop));
  if (!stream->ok()) {
    return failure(engine_error(fmt::format("reading the log of the container {}", id),
                                stream->status(), stream->read_text(error_body_limit_bytes)));
  }
  LogFrameDecoder decoder;
  // A reader that ends with an error after a stop was asked for has been stopped.
  const auto stopped_or = [&](Error error) {
    if (!stop.stop_requested()) return error;
    return Error{ErrorKind::cancelled, "stopped while reading a log"};
  };
  std::vector<std::byte> buffer(stream_buffer_bytes);
  for (;;) {
    auto count = stream->read(buffer);
    if (!count) return failure(stopped_or(std::move(count.error())));
    if (*count == 0) break;
    TRY_VOID(decoder.feed(std::span(buffer).first(*count), on_frame));
  }
  if (!decoder.at_boundary()) {
    return failure(ErrorKind::unavailable, "the Docker Engine's log stream ended within a frame");
  }
  if (!follow) return {};
  // An Engine that shuts down in good order ends its streams as if the containers had ended.
  TRY(const ContainerState state, inspect_container(id));
  if (state.status == ContainerStatus::running) {
    return failure(ErrorKind::unavailable,
                   "the Docker Engine ended a log stream while its container runs");
  }
  return {};
}

}  // namespace trainyard
