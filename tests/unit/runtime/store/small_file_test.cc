#include "runtime/store/small_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "runtime/base/task_group.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

TEST_CASE("several may replace a file at once, and one of them is the last") {
  const testing::TempDir directory;
  const auto file = directory / "file";
  TaskGroup writers("writers", 4);
  for (int thread = 0; thread < 4; ++thread) {
    writers.spawn([&, thread](std::stop_token) {
      const std::string content(static_cast<std::size_t>(1000 * (thread + 1)), 'x');
      for (int i = 0; i < 200; ++i) CHECK(replace_file(file, content, false));
    });
  }
  writers.join();
  CHECK(testing::read_file(file).size() % 1000 == 0);
  // Nothing is left beside it.
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
  struct stat status{};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777u) == 0600u);
}

TEST_CASE("what cannot take its place is not left behind") {
  const testing::TempDir directory;
  std::filesystem::create_directory(directory / "taken");
  CHECK_FALSE(replace_file(directory / "taken", "text", false));
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

}  // namespace trainyard
