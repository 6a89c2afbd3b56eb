#include "runtime/base/ipv4_subnet.h"

#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace trainyard {

namespace {

std::uint32_t mask(unsigned prefix) {
  return prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
}

std::string_view unmapped(std::string_view address) {
  constexpr std::string_view mapped = "::ffff:";
  if (address.starts_with(mapped)) address.remove_prefix(mapped.size());
  return address;
}

}  // namespace

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::string ipv4_text(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255,
                     address & 255);
}

Ipv4Subnet::Ipv4Subnet(std::uint32_t address, unsigned prefix)
    : first_(address & mask(prefix)), prefix_(prefix) {
}

std::optional<Ipv4Subnet> Ipv4Subnet::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (!address || error != std::errc() || end != digits.data() + digits.size() || prefix > 32) {
    return std::nullopt;
  }
  return Ipv4Subnet(*address, prefix);
}

bool Ipv4Subnet::contains(std::string_view address) const {
  const auto number = parse_ipv4(unmapped(address));
  return number && (*number & mask(prefix_)) == first_;
}

bool Ipv4Subnet::contains_gateway(std::string_view address, unsigned prefix) const {
  const auto number = parse_ipv4(unmapped(address));
  return contains(address) && (*number & ~mask(prefix)) == gateway_number;
}

std::string Ipv4Subnet::address(std::uint32_t number) const {
  return ipv4_text(first_ + number);
}

std::string Ipv4Subnet::text() const {
  return fmt::format("{}/{}", ipv4_text(first_), prefix_);
}

}  // namespace trainyard
