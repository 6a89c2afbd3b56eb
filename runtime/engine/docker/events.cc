#include <vector>

#include "runtime/engine/docker/docker_engine.h"
#include "runtime/engine/docker/engine_error.h"
#include "runtime/engine/docker/http_date.h"
#include "runtime/engine/docker/json_access.h"
#include "runtime/engine/docker/json_line_decoder.h"
#include "runtime/engine/docker/requests.h"

namespace trainyard {
namespace {

ContainerEvent decode_event(const nlohmann::json& value) {
  ContainerEvent event;
  event.container_id = text_at(object_at(value, "Actor"), "ID");
  if (event.container_id.empty()) event.container_id = text_at(value, "id");
  event.action = text_at(value, "Action");
  if (event.action.empty()) event.action = text_at(value, "status");
  return event;
}

}  // namespace

Result<void> DockerEngine::watch_containers(
    const Labels& labels, const std::function<void(const ContainerEvent&)>& on_event,
    std::stop_token stop) {
  nlohmann::json containers_only;
  containers_only["type"] = nlohmann::json::array({"container"});
  std::string target = "/events?" + label_filter(labels, containers_only);
  // The Engine answers before it begins to listen. Asking for events since a moment just before,
  // by its own clock, closes the gap.
  HttpRequest ping = get_request("/_ping");
  TRY(const auto pong, client_.stream(ping, nullptr, transfer_idle_limit, stop));
  if (const auto now = parse_http_date(pong->exchange().header("Date"))) {
    target += fmt::format("&since={}", *now);
  }
  TRY(const auto stream, client_.stream(get_request(target), nullptr, no_idle_limit, stop));
  if (!stream->ok()) {
    return failure(engine_error("watching containers", stream->status(),
                                stream->read_text(error_body_limit_bytes)));
  }
  on_event(ContainerEvent{"", "", true});
  JsonLineDecoder decoder;
  std::vector<std::byte> buffer(16 * 1024);
  for (;;) {
    TRY(const std::size_t count, stream->read(buffer));
    if (count == 0) {
      return failure(ErrorKind::unavailable, "the Docker Engine ended the stream of events");
    }
    TRY_VOID(decoder.feed(std::span(buffer).first(count),
                          [&](const nlohmann::json& value) -> Result<void> {
                            on_event(decode_event(value));
                            return {};
                          }));
  }
}

}  // namespace trainyard
