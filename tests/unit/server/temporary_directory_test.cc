#include "server/temporary_directory.h"

#include <doctest/doctest.h>

#include "tests/support/temp_dir.h"

namespace trainyard::server {

TEST_CASE("a temporary directory is ours alone and goes with its content") {
  std::filesystem::path path;
  {
    auto directory = TemporaryDirectory::make();
    REQUIRE(directory);
    const TemporaryDirectory moved = std::move(*directory);
    path = moved.path();
    CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms::owner_all);
    testing::write_file(path / "a" / "b", "x");
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace trainyard::server
