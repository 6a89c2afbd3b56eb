#pragma once

// Where requests are taken.

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace trainyard::server {

struct ListenAddress {
  std::string host = "127.0.0.1";  // an IPv4 or IPv6 address, without brackets
  std::uint16_t port = 0;          // 0: a free one

  bool is_loopback() const;
  // Where programs on this machine find it: loopback in the place of "all addresses".
  ListenAddress reachable() const;
  std::string to_string() const;  // "127.0.0.1:4747", "[::1]:4747"
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// Understands "127.0.0.1:4747", "[::1]:0", "localhost:8080" (127.0.0.1), "0.0.0.0:4747".
// invalid_argument otherwise, with what is wrong and the right form.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace trainyard::server
