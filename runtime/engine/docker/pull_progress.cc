#include "runtime/engine/docker/pull_progress.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/engine/docker/json_access.h"

namespace trainyard {
namespace {

// Far more than an image can have; keeps a hostile stream from growing the map.
constexpr std::size_t layer_limit = 1024;

}  // namespace

std::optional<std::string> PullProgress::take(const nlohmann::json& line) {
  std::string error = text_at(object_at(line, "errorDetail"), "message");
  if (error.empty()) error = text_at(line, "error");
  if (!error.empty()) return error;
  const std::string id = text_at(line, "id");
  const std::string status = text_at(line, "status");
  // "Pulling from library/busybox" bears the tag as its id.
  const bool is_layer = !id.empty() && !status.starts_with("Pulling from");
  if (!is_layer || (layers_.size() >= layer_limit && !layers_.contains(id))) return std::nullopt;
  Layer& layer = layers_[id];
  const nlohmann::json& detail = object_at(line, "progressDetail");
  if (status == "Downloading") {
    layer.received = integer_at(detail, "current");
    layer.size = std::max(layer.size, integer_at(detail, "total"));
  } else if (status == "Download complete" || status == "Extracting") {
    layer.received = layer.size;
  } else if (status == "Pull complete" || status == "Already exists") {
    layer.received = layer.size;
    layer.done = true;
  }
  return std::nullopt;
}

std::string PullProgress::summary() const {
  if (layers_.empty()) return {};
  std::size_t done = 0;
  std::int64_t received = 0;
  std::int64_t size = 0;
  for (const auto& [id, layer] : layers_) {
    done += layer.done ? 1 : 0;
    received += layer.received;
    size += layer.size;
  }
  const auto megabytes = [](std::int64_t bytes) { return (bytes + 999'999) / 1'000'000; };
  std::string text = fmt::format("{} of {} layers", done, layers_.size());
  if (size > 0) text += fmt::format(", {} of {} MB", megabytes(received), megabytes(size));
  return text;
}

}  // namespace trainyard
