// Any bytes, cut anywhere, decode to the same payload as in one piece, or are refused alike.

#include <cstdlib>
#include <optional>
#include <string>

#include "api/s3/chunk_decoder.h"

namespace {

std::optional<std::string> decode(std::span<const std::byte> input, std::size_t piece) {
  trainyard::api::ChunkDecoder decoder;
  std::string payload;
  while (!input.empty()) {
    std::span<const std::byte> next = input.first(std::min(piece, input.size()));
    input = input.subspan(next.size());
    while (!next.empty()) {
      const auto step = decoder.decode(next);
      if (!step) return std::nullopt;
      payload += trainyard::as_text(step->payload);
      next = next.subspan(step->consumed);
    }
  }
  if (decoder.payload_bytes() != payload.size()) std::abort();
  return payload;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = static_cast<std::size_t>(data[0]) + 1;
  const auto input = std::as_bytes(std::span(data + 1, size - 1));
  if (decode(input, piece) != decode(input, input.size() + 1)) std::abort();
  return 0;
}
