#pragma once

// How much, and how long, the HTTP server takes from its clients.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace trainyard::server {

struct Limits {
  // Requests that are worked on at once. A client that takes or sends slowly holds its thread,
  // which costs little: so there are more than could work.
  std::size_t threads = 256;
  std::size_t connections = 4096;    // open ones; beyond it nothing is accepted until one closes
  std::size_t header_bytes = 65536;  // of one request, with its first line
  std::uint64_t drained_bytes = 1024 * 1024;  // of a body nobody read, to keep the connection

  std::chrono::milliseconds header_time{
      30'000};                                   // from a request's first byte to its header's last
  std::chrono::milliseconds read_time{60'000};   // for one read of a body
  std::chrono::milliseconds write_time{60'000};  // for one write to make progress
  std::chrono::milliseconds idle_time{75'000};   // between two requests
  std::chrono::milliseconds linger_time{1};  // a thread waits so long for the next request itself
  std::chrono::milliseconds drain_time{5'000};  // for a body nobody read
  std::chrono::milliseconds sign_of_life_time{
      10'000};  // between two bytes to a client whose answer is held; clients give up after 60 s
  std::chrono::milliseconds silent_time{1'000};  // without a byte from a peer that is being left
};

}  // namespace trainyard::server
