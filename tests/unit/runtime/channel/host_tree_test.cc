#include "runtime/channel/host_tree.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/object/directory_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_store.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

using testing::read_file;
using testing::TempDir;
using testing::write_file;

struct stat status_of(const std::filesystem::path& path) {
  struct stat status{};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

ChannelSource resolve(const std::string& uri, ObjectStore& store, const TempDir& dir) {
  ChannelSpec channel;
  channel.name = "train";
  channel.uri = uri;
  auto source = resolve_source(channel, store, FileRoots({dir.path()}), {});
  REQUIRE(source);
  return *source;
}

}  // namespace

TEST_CASE("objects become hard links where the store keeps files, and copies elsewhere") {
  const TempDir dir;
  write_file(dir / "store/p/a", "one");
  write_file(dir / "store/p/sub/b", "two");
  auto files = DirectoryStore::open(dir / "store").value();
  const auto source = resolve("s3://any/p/", *files, dir);
  const auto linked = build_host_tree(source, *files, dir / "linked", Placement::link, {}, {});
  REQUIRE(linked);
  CHECK_FALSE(linked->copied);
  CHECK(read_file(dir / "linked/sub/b") == "two");
  CHECK(status_of(dir / "linked/a").st_nlink == 2);
  CHECK((status_of(dir / "linked").st_mode & 07777U) == 0777);
  CHECK((status_of(dir / "linked/sub").st_mode & 07777U) == 0777);

  const auto copied = build_host_tree(source, *files, dir / "copied", Placement::copy, {}, {});
  REQUIRE(copied);
  CHECK(copied->copied);
  CHECK(read_file(dir / "copied/sub/b") == "two");
  CHECK(status_of(dir / "copied/a").st_nlink == 1);
  CHECK((status_of(dir / "copied/a").st_mode & 07777U) == 0666);

  testing::FakeClock clock;
  testing::MemoryStore memory(clock);
  memory.create_bucket("any");
  memory.add("any", "p/a", "one");
  const auto in_memory = resolve("s3://any/p/", memory, dir);
  CHECK(build_host_tree(in_memory, memory, dir / "m1", Placement::link, {}, {}).error().kind ==
        ErrorKind::unsupported);
  const auto either =
      build_host_tree(in_memory, memory, dir / "m2", Placement::link_or_copy, {}, {});
  REQUIRE(either);
  CHECK(either->copied);
  CHECK(read_file(dir / "m2/a") == "one");
}

TEST_CASE("a directory is copied with its links, and stays as it was") {
  const TempDir dir;
  write_file(dir / "source/sub/file", "content");
  REQUIRE(::chmod((dir / "source/sub/file").c_str(), 0750) == 0);
  REQUIRE(::symlink("/etc/passwd", (dir / "source/link").c_str()) == 0);
  const auto same = dir / "source/zz";
  REQUIRE(::link((dir / "source/sub/file").c_str(), same.c_str()) == 0);
  REQUIRE(::mkfifo((dir / "source/pipe").c_str(), 0600) == 0);
  REQUIRE(::mknod((dir / "source/socket").c_str(), S_IFSOCK | 0600, 0) == 0);
  auto files = DirectoryStore::open(dir.path()).value();
  const auto source = resolve("file://" + (dir / "source").string(), *files, dir);
  std::vector<std::string> lines;
  const auto log = [&](const std::string& line) { lines.push_back(line); };
  const auto built = build_host_tree(source, *files, dir / "out", Placement::link, log, {});
  REQUIRE(built);
  CHECK(built->copied);
  CHECK(read_file(dir / "out/sub/file") == "content");
  CHECK((status_of(dir / "out/sub/file").st_mode & 07777U) == 0777);
  CHECK(status_of(dir / "out/sub/file").st_mtime == status_of(dir / "source/sub/file").st_mtime);
  CHECK(std::filesystem::read_symlink(dir / "out/link") == "/etc/passwd");
  CHECK(status_of(dir / "out/zz").st_ino == status_of(dir / "out/sub/file").st_ino);
  CHECK(status_of(dir / "source/zz").st_nlink == 2);
  CHECK((status_of(dir / "source/zz").st_mode & 07777U) == 0750);
  CHECK_FALSE(std::filesystem::exists(dir / "out/pipe"));
  CHECK_FALSE(std::filesystem::exists(dir / "out/socket"));
  CHECK(lines == std::vector<std::string>{"pipe is left out of the channel: it is a FIFO",
                                          "socket is left out of the channel: it is a socket"});
}

TEST_CASE("a single file is linked, or copied with a mode for everyone") {
  const TempDir dir;
  write_file(dir / "data.csv", "1,2");
  REQUIRE(::chmod((dir / "data.csv").c_str(), 0600) == 0);
  REQUIRE(::symlink("data.csv", (dir / "by-link.csv").c_str()) == 0);
  auto files = DirectoryStore::open(dir.path()).value();
  const auto source = resolve("file://" + (dir / "by-link.csv").string(), *files, dir);
  REQUIRE(build_host_tree(source, *files, dir / "linked", Placement::link, {}, {}));
  CHECK(status_of(dir / "linked/by-link.csv").st_ino == status_of(dir / "data.csv").st_ino);
  REQUIRE(build_host_tree(source, *files, dir / "copied", Placement::copy, {}, {}));
  CHECK((status_of(dir / "copied/by-link.csv").st_mode & 07777U) == 0666);
  CHECK((status_of(dir / "data.csv").st_mode & 07777U) == 0600);
}

}  // namespace trainyard
