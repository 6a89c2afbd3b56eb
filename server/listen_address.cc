#include "server/listen_address.h"

#include <array>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

namespace trainyard::server {

namespace {

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(family, text.c_str(), bytes.data()) == 1;
}

struct HostAndPort {
  std::string host;
  std::string_view port;
  bool bracketed = false;
};

// Splits "host:port" and "[host]:port".
std::optional<HostAndPort> split_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  HostAndPort parts{std::string(text.substr(0, colon)), text.substr(colon + 1)};
  std::string& host = parts.host;
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    parts.bracketed = true;
  }
  if (host.empty() || (host.find(':') != host.npos) != parts.bracketed) return std::nullopt;
  return parts;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

bool ListenAddress::is_loopback() const {
  return host.starts_with("127.") || host == "::1";
}

ListenAddress ListenAddress::reachable() const {
  if (host == "0.0.0.0") return {"127.0.0.1", port};
  if (host == "::") return {"::1", port};
  return *this;
}

std::string ListenAddress::to_string() const {
  const bool brackets = host.find(':') != host.npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto refused = [&](std::string_view why) {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("\"{}\" {}; write ADDRESS:PORT, such as 127.0.0.1:4747, [::1]:4747 "
                               "or 127.0.0.1:0 for a "
                               "free port",
                               text, why));
  };
  const auto parts = split_host_and_port(text);
  if (!parts) return refused("is not an address with a port");
  const auto port = parse_port(parts->port);
  if (!port) return refused("has no port from 0 to 65535");
  std::string host = parts->host == "localhost" ? "127.0.0.1" : parts->host;
  if (!is_address(parts->bracketed ? AF_INET6 : AF_INET, host)) {
    return refused("does not name an IP address of this machine");
  }
  return ListenAddress{std::move(host), *port};
}

}  // namespace trainyard::server
