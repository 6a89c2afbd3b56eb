#include "server/front_door/peeked_body.h"

#include <algorithm>

namespace trainyard::server {

Result<std::string_view> PeekedBody::peek(std::size_t limit) {
  beginning_.resize(limit);
  TRY(const std::size_t size, read_full(rest_, std::as_writable_bytes(std::span(beginning_))));
  beginning_.resize(size);
  return std::string_view(beginning_);
}

Result<std::size_t> PeekedBody::read(std::span<std::byte> buffer) {
  if (position_ == beginning_.size()) return rest_.read(buffer);
  const auto left = as_bytes(beginning_).subspan(position_);
  const std::size_t count = std::min(left.size(), buffer.size());
  std::copy_n(left.begin(), count, buffer.begin());
  position_ += count;
  return count;
}

}  // namespace trainyard::server
