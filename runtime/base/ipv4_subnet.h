#pragma once

// An IPv4 network in CIDR notation, such as the /24s that job networks are made of. A value.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trainyard {

// "10.213.4.1" as a number in host order; nothing when it is not the usual notation.
std::optional<std::uint32_t> parse_ipv4(std::string_view text);
std::string ipv4_text(std::uint32_t address);

class Ipv4Subnet {
 public:
  // The number of the host's own address in a network that the Engine makes: its gateway.
  static constexpr std::uint32_t gateway_number = 1;

  // `prefix` is at most 32; bits of `address` behind it are dropped.
  Ipv4Subnet(std::uint32_t address, unsigned prefix);

  // "10.213.4.0/24"
  static std::optional<Ipv4Subnet> parse(std::string_view text);

  // Also an IPv4-mapped IPv6 address ("::ffff:10.213.4.2") counts as what it stands for.
  bool contains(std::string_view address) const;
  // Whether the address is the gateway of this network, or of one of those with the longer `prefix`
  // that it is cut into.
  bool contains_gateway(std::string_view address, unsigned prefix) const;
  // The address with that number in the network.
  std::string address(std::uint32_t number) const;
  std::string text() const;

  std::uint32_t first() const { return first_; }
  unsigned prefix() const { return prefix_; }

  friend bool operator==(const Ipv4Subnet&, const Ipv4Subnet&) = default;

 private:
  std::uint32_t first_;
  unsigned prefix_;
};

}  // namespace trainyard
