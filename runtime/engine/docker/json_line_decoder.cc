#include "runtime/engine/docker/json_line_decoder.h"

#include <string_view>
#include <utility>

#include "runtime/base/stream.h"

namespace trainyard {
namespace {

Result<void> decode(std::string_view line, const JsonLineDecoder::OnValue& on_value) {
  if (line.find_first_not_of(" \r\t") == std::string_view::npos) return {};
  const nlohmann::json value = nlohmann::json::parse(line, nullptr, false);
  if (value.is_discarded()) {
    return failure(
        ErrorKind::data_corrupt,
        fmt::format("a line of the Engine's stream is not JSON: {}", line.substr(0, 200)));
  }
  return on_value(value);
}

}  // namespace

Result<void> JsonLineDecoder::feed(std::span<const std::byte> bytes, const OnValue& on_value) {
  std::string_view text = as_text(bytes);
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    const std::string_view piece = text.substr(0, newline);
    if (line_.size() + piece.size() > json_line_limit_bytes) {
      return failure(ErrorKind::limit_exceeded, "a line of the Engine's stream is too long");
    }
    line_.append(piece);
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
    const std::string line = std::exchange(line_, {});
    TRY_VOID(decode(line, on_value));
  }
  return {};
}

Result<void> JsonLineDecoder::finish(const OnValue& on_value) {
  const std::string line = std::exchange(line_, {});
  return decode(line, on_value);
}

}  // namespace trainyard
