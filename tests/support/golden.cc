#include "tests/support/golden.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

namespace trainyard::testing {

namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool accepts() {
  const char* value = std::getenv("TRAINYARD_ACCEPT");
  return value && std::string_view(value) == "1";
}

}  // namespace

void check_golden(const std::string& name, std::string_view actual) {
  const std::filesystem::path file = std::filesystem::path(TRAINYARD_GOLDEN_DIR) / name;
  const std::string expected = content_of(file);
  if (expected == actual && std::filesystem::exists(file)) return;
  if (accepts()) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << actual;
    FAIL_CHECK("rewritten: " << file.string());
    return;
  }
  INFO("golden file: " << file.string() << " (TRAINYARD_ACCEPT=1 rewrites it)");
  CHECK(std::string(actual) == expected);
}

}  // namespace trainyard::testing
