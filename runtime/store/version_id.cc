#include "runtime/store/version_id.h"

#include <charconv>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/random.h>

namespace trainyard {

namespace {

constexpr std::size_t digits = 16;

std::string version_id(std::int64_t sequence, std::uint64_t salt) {
  return fmt::format("{:016x}{:016x}", sequence, salt);
}

}  // namespace

std::string new_version_id(std::int64_t sequence) {
  std::uint64_t salt = 0;
  // So few bytes come at once or not at all.
  if (::getrandom(&salt, sizeof salt, 0) != sizeof salt) {
    throw std::runtime_error("getrandom fails");
  }
  return version_id(sequence, salt);
}

std::string version_marker(const std::string& version, std::int64_t sequence) {
  return version == null_version ? version_id(sequence, 0) : version;
}

std::optional<std::int64_t> sequence_of_version(std::string_view id) {
  if (id.size() != 2 * digits) return std::nullopt;
  std::int64_t sequence = 0;
  const char* const end = id.data() + digits;
  const auto [parsed, error] = std::from_chars(id.data(), end, sequence, 16);
  if (error != std::errc{} || parsed != end || sequence < 0) return std::nullopt;
  return sequence;
}

}  // namespace trainyard
