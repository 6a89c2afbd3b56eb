#include "server/http/request_id.h"

#include <cstdint>
#include <random>

#include <fmt/format.h>

namespace trainyard::server {

std::string new_request_id() {
  // Identifies; is no secret.
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  const std::uint64_t high = (generator() & ~0xf000ULL) | 0x4000ULL;       // version 4
  const std::uint64_t low = (generator() & ~(3ULL << 62)) | (1ULL << 63);  // RFC variant
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                     high & 0xffff, low >> 48, low & 0xffffffffffffULL);
}

}  // namespace trainyard::server
