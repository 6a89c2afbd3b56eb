#include "server/http/read_buffer.h"

#include <algorithm>
#include <cstring>

namespace trainyard::server {

std::span<std::byte> ReadBuffer::prepare(std::size_t size) {
  if (bytes_.size() - end_ < size) {
    std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_),
              bytes_.begin() + static_cast<std::ptrdiff_t>(end_), bytes_.begin());
    end_ -= begin_;
    begin_ = 0;
    if (bytes_.size() - end_ < size) bytes_.resize(std::max(end_ + size, 2 * bytes_.size()));
  }
  return std::span(bytes_).subspan(end_);
}

void ReadBuffer::consume(std::size_t size) {
  begin_ += size;
  if (begin_ == end_) begin_ = end_ = 0;
}

std::size_t ReadBuffer::take(std::span<std::byte> into) {
  const std::size_t size = std::min(into.size(), end_ - begin_);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_), size, into.begin());
  consume(size);
  return size;
}

void ReadBuffer::shrink() {
  if (empty()) std::vector<std::byte>().swap(bytes_);
}

}  // namespace trainyard::server
