#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

namespace {

// spdlog makes its registry at first use, in a library that the thread sanitizer does not see into.
// Made here, before there are threads, as the daemon does.
[[maybe_unused]] const bool log_is_made = spdlog::default_logger() != nullptr;

}  // namespace
