#pragma once

// Host names with ports, as they stand in Host and Origin fields. Both come from strangers: what is
// not plainly a name or an address is no authority at all.
//
// Pure functions; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trainyard::server {

struct Authority {
  std::string host;  // lower case; an IPv6 address without brackets; one trailing dot is kept
  std::optional<std::uint16_t> port;

  // The host without the trailing dot that makes a name absolute.
  std::string_view name() const;

  friend bool operator==(const Authority&, const Authority&) = default;
};

// "localhost:4747", "[::1]", "Example.ORG."
std::optional<Authority> parse_authority(std::string_view text);

struct Origin {
  std::string scheme;  // lower case
  Authority authority;

  friend bool operator==(const Origin&, const Origin&) = default;
};

// "http://localhost:4747". A default port is written out, so that equal origins compare equal.
std::optional<Origin> parse_origin(std::string_view text);

// 127.0.0.0/8 or ::1 (also as an IPv4-mapped address), in their usual notation only.
bool is_loopback_address(std::string_view host);

// "localhost" and the names below it, which never leave the machine (RFC 6761, 6.3).
bool is_localhost_name(std::string_view name);

}  // namespace trainyard::server
