#pragma once

// Bytes that came from a socket and were not used yet.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace trainyard::server {

class ReadBuffer {
 public:
  std::string_view unread() const {
    return {reinterpret_cast<const char*>(bytes_.data()) + begin_, end_ - begin_};
  }
  bool empty() const { return begin_ == end_; }

  // Room for at least `size` bytes behind what is unread; invalidates views.
  std::span<std::byte> prepare(std::size_t size);
  // `size` bytes were put into the room.
  void commit(std::size_t size) { end_ += size; }
  void consume(std::size_t size);

  // Takes unread bytes out; returns how many.
  std::size_t take(std::span<std::byte> into);

  // Gives the memory back when nothing is unread.
  void shrink();

 private:
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace trainyard::server
