#include "server/front_door/authority.h"

#include <algorithm>

#include <arpa/inet.h>

#include "api/wire/text.h"

namespace trainyard::server {

namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Underscores are in no host name, but in names of compose services and of buckets.
bool is_name_character(char c) {
  return is_lower_or_digit(c) || c == '-' || c == '.' || c == '_';
}

bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 255 && host.front() != '.' &&
         host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(), is_name_character);
}

}  // namespace

std::string_view Authority::name() const {
  std::string_view name = host;
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

std::optional<Authority> parse_authority(std::string_view text) {
  Authority authority;
  std::size_t host_end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    authority.host = api::to_lower(text.substr(1, bracket - 1));
    in6_addr address{};
    if (::inet_pton(AF_INET6, authority.host.c_str(), &address) != 1) return std::nullopt;
    host_end = bracket + 1;
  } else {
    authority.host = api::to_lower(text.substr(0, host_end));
    if (!is_name(authority.host)) return std::nullopt;
  }
  if (host_end >= text.size()) return authority;
  if (text[host_end] != ':') return std::nullopt;
  authority.port = api::parse_number<std::uint16_t>(text.substr(host_end + 1));
  if (!authority.port) return std::nullopt;
  return authority;
}

std::optional<Origin> parse_origin(std::string_view text) {
  const std::size_t separator = text.find("://");
  if (separator == std::string_view::npos) return std::nullopt;
  Origin origin{api::to_lower(text.substr(0, separator)), {}};
  if (origin.scheme != "http" && origin.scheme != "https") return std::nullopt;
  auto authority = parse_authority(text.substr(separator + 3));
  if (!authority) return std::nullopt;
  origin.authority = std::move(*authority);
  if (!origin.authority.port) origin.authority.port = origin.scheme == "http" ? 80 : 443;
  return origin;
}

bool is_loopback_address(std::string_view host) {
  const std::string text(host);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

bool is_localhost_name(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace trainyard::server
