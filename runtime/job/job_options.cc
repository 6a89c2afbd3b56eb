#include "runtime/job/job_options.h"

#include <array>
#include <cstddef>

namespace trainyard {

namespace {

// Names in the order of the enumerators.
constexpr std::array<std::string_view, 3> pull_names = {"missing", "never", "always"};
constexpr std::array<std::string_view, 3> keep_names = {"never", "failed", "always"};
constexpr std::array<std::string_view, 4> staging_names = {"auto", "overlay", "copy", "volume"};

template <typename Enum, std::size_t size>
std::optional<Enum> find_name(const std::array<std::string_view, size>& names,
                              std::string_view text) {
  for (std::size_t index = 0; index < size; ++index) {
    if (names[index] == text) return static_cast<Enum>(index);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(PullPolicy policy) {
  return pull_names[static_cast<std::size_t>(policy)];
}

std::string_view to_string(KeepPolicy policy) {
  return keep_names[static_cast<std::size_t>(policy)];
}

std::string_view to_string(StagingMethod method) {
  return staging_names[static_cast<std::size_t>(method)];
}

std::optional<PullPolicy> pull_policy_from_string(std::string_view text) {
  return find_name<PullPolicy>(pull_names, text);
}

std::optional<KeepPolicy> keep_policy_from_string(std::string_view text) {
  return find_name<KeepPolicy>(keep_names, text);
}

std::optional<StagingMethod> staging_method_from_string(std::string_view text) {
  return find_name<StagingMethod>(staging_names, text);
}

}  // namespace trainyard
