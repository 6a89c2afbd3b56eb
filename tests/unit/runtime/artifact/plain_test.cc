#include "runtime/artifact/plain.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/artifact/directory_tree.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_store.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what cannot be an object is not stored, by name") {
  const testing::TempDir dir;
  testing::write_file(dir / "weights", "w");
  REQUIRE(::mknod((dir / "control").c_str(), S_IFSOCK | 0600, 0) == 0);
  REQUIRE(::link((dir / "control").c_str(), (dir / "control-too").c_str()) == 0);
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  REQUIRE(::symlink("weights", (dir / "latest").c_str()) == 0);
  testing::FakeClock clock;
  testing::MemoryStore store(clock);
  store.create_bucket("bucket");
  Lines lines;
  Notices notices([&](const std::string& line) { lines.push_back(line); });
  DirectoryTree tree(dir.path());
  const auto stored = store_plain(tree, {store, "bucket", "out"}, notices, {}, {});
  REQUIRE(stored);
  CHECK(*stored == 1);
  CHECK(store.content("bucket", "out/weights") == "w");
  CHECK(store.list("bucket", {})->objects.size() == 1);
  CHECK(lines ==
        Lines{"control is not stored: it is a socket", "control-too is not stored: it is a socket",
              "latest is not stored: it is a symbolic link", "pipe is not stored: it is a FIFO"});
}

}  // namespace trainyard
