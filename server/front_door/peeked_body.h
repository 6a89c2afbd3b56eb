#pragma once

#include <string>

#include "runtime/base/stream.h"

namespace trainyard::server {

// A body whose beginning was read already: gives the beginning out again, then the rest.
class PeekedBody final : public ByteSource {
 public:
  // Both outlive this. `rest` is where the beginning was read from.
  explicit PeekedBody(ByteSource& rest) : rest_(rest) {}

  // Reads up to `limit` bytes ahead. Once, before any read.
  Result<std::string_view> peek(std::size_t limit);

  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  ByteSource& rest_;
  std::string beginning_;
  std::size_t position_ = 0;
};

}  // namespace trainyard::server
