#include "runtime/object/directory_store.h"

#include <filesystem>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "runtime/base/clock.h"
#include "runtime/base/stream.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

namespace fs = std::filesystem;

std::unique_ptr<DirectoryStore> open_store(const fs::path& root) {
  auto store = DirectoryStore::open(root);
  REQUIRE(store);
  return std::move(*store);
}

}  // namespace

TEST_CASE("a key that is no plain relative path is refused") {
  testing::TempDir directory;
  const auto store = open_store(directory.path());
  for (const std::string& key :
       {std::string(""), std::string("/a"), std::string(".."), std::string("a/../b"),
        std::string("a//b"), std::string("a/"), std::string("./a"), std::string("a\0b", 3)}) {
    CAPTURE(key);
    CHECK(store->put("", key, {}, false).error().kind == ErrorKind::invalid_argument);
    CHECK(store->open("", key).error().kind == ErrorKind::invalid_argument);
    CHECK(store->remove("", key).error().kind == ErrorKind::invalid_argument);
  }
}

TEST_CASE("no link leads out of the directory") {
  testing::TempDir directory;
  testing::write_file(directory / "outside" / "secret", "secret");
  fs::create_directory(directory / "root");
  fs::create_directory_symlink(directory / "outside", directory / "root" / "way");
  fs::create_symlink(directory / "outside" / "secret", directory / "root" / "file");
  const auto store = open_store(directory / "root");
  CHECK(store->open("", "file").error().kind == ErrorKind::permission_denied);
  CHECK(store->open("", "way/secret").error().kind == ErrorKind::permission_denied);
  CHECK(store->put("", "way/new", {}, false).error().kind == ErrorKind::permission_denied);
  CHECK(store->list("", {})->objects.empty());
  // Putting replaces the link itself.
  auto writer = store->put("", "file", {}, true);
  REQUIRE(writer);
  REQUIRE((*writer)->write(as_bytes("mine")));
  REQUIRE((*writer)->commit());
  CHECK(testing::read_file(directory / "outside" / "secret") == "secret");
  CHECK(testing::read_file(directory / "root" / "file") == "mine");
}

TEST_CASE("a directory that may not be read is left out only of listings that ask for it") {
  testing::TempDir directory;
  testing::write_file(directory / "a", "a");
  testing::write_file(directory / "lost+found" / "b", "b");
  testing::write_file(directory / "named only" / "c", "c");
  testing::write_file(directory / "z", "z");
  fs::permissions(directory.path(), fs::perms(0755));
  fs::permissions(directory / "lost+found", fs::perms(0));
  fs::permissions(directory / "named only", fs::perms(0444));
  const auto store = open_store(directory.path());
  const auto list = [&](const std::string& prefix, bool leave_out) {
    return store->list("", {prefix, "", "", 1000, leave_out});
  };
  // Root may read everything: as somebody else, on this thread.
  const int me = ::setfsuid(65534);
  const auto page = list("", true);
  const auto all = list("", false);
  const auto closed = list("lost+found/", false);
  const auto named_only = list("named only/", false);
  const auto beside = list("z", false);
  ::setfsuid(static_cast<uid_t>(me));
  for (const char* name : {"lost+found", "named only"}) {
    fs::permissions(directory / name, fs::perms(0700));
  }
  REQUIRE(page);
  REQUIRE(page->objects.size() == 2);
  CHECK(page->objects[0].key == "a");
  CHECK(page->objects[1].key == "z");
  REQUIRE_FALSE(all);
  CHECK(all.error().kind == ErrorKind::permission_denied);
  REQUIRE_FALSE(closed);
  CHECK(closed.error().message.starts_with("listing lost+found/: "));
  REQUIRE_FALSE(named_only);
  CHECK(named_only.error().message.starts_with("listing named only/: "));
  REQUIRE(beside);
  CHECK(beside->objects.size() == 1);
}

TEST_CASE("what is no file is no object") {
  testing::TempDir directory;
  fs::create_directory(directory / "folder");
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  const auto store = open_store(directory.path());
  CHECK(store->open("", "pipe").error().kind == ErrorKind::not_found);
  CHECK(store->open("", "folder").error().kind == ErrorKind::not_found);
  CHECK(store->list("", {})->objects.empty());
}

TEST_CASE("an abandoned put leaves no file, and one under way is not listed") {
  testing::TempDir directory;
  const auto store = open_store(directory.path());
  auto writer = store->put("", "a/b", {}, false);
  REQUIRE(writer);
  CHECK(store->list("", {})->objects.empty());
  // A file without a name goes with the process that writes it.
  const UniqueFd nameless(::open(directory.path().c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600));
  if (nameless) CHECK(fs::is_empty(directory / "a"));
  writer->reset();
  CHECK(fs::is_empty(directory / "a"));
}

TEST_CASE("what is no object is not removed as one") {
  testing::TempDir directory;
  fs::create_symlink("/etc/hostname", directory / "link");
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  const auto store = open_store(directory.path());
  for (const char* name : {"link", "pipe", "absent"}) CHECK(store->remove("", name));
  CHECK(fs::is_symlink(directory / "link"));
  CHECK(fs::is_fifo(directory / "pipe"));
}

TEST_CASE("a listing goes no deeper than keys are long") {
  testing::TempDir directory;
  std::string deep;
  for (int level = 0; level < 600; ++level) deep += "d/";
  testing::write_file(directory / (deep + "file"), "x");
  testing::write_file(directory / "d" / "d" / "file", "x");
  const auto store = open_store(directory.path());
  const auto page = store->list("", {});
  REQUIRE(page);
  REQUIRE(page->objects.size() == 1);
  CHECK(page->objects[0].key == "d/d/file");
}

TEST_CASE("every page of a listing takes up where the last one ended") {
  testing::TempDir directory;
  for (const char* name : {"a", "b/1", "b/2", "b!", "c", "d/e/f"}) {
    testing::write_file(directory / name, "x");
  }
  const auto store = open_store(directory.path());
  std::vector<std::string> keys;
  std::string after;
  do {
    const auto page = store->list("", {"", "", after, 1});
    REQUIRE(page);
    for (const ObjectInfo& object : page->objects) keys.push_back(object.key);
    after = page->next_start_after.value_or("");
  } while (!after.empty());
  CHECK(keys == std::vector<std::string>{"a", "b!", "b/1", "b/2", "c", "d/e/f"});
}

TEST_CASE("a file that grows while it is read is read as it was") {
  testing::TempDir directory;
  testing::write_file(directory / "log", "old");
  const auto store = open_store(directory.path());
  const auto reader = store->open("", "log");
  REQUIRE(reader);
  testing::write_file(directory / "log", "old and new");
  CHECK(read_all(**reader, 100) == std::string("old"));
}

TEST_CASE("times that are far away stay on their side of now") {
  testing::TempDir directory;
  testing::write_file(directory / "late", "x");
  const timespec late[2] = {{20'000'000'000, 0}, {20'000'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, (directory / "late").c_str(), late, 0) == 0);
  CHECK(open_store(directory.path())->head("", "late")->last_modified > SystemClock().now());
}

TEST_CASE("a root that was removed and made again is the one that is there") {
  testing::TempDir directory;
  const fs::path root = directory / "root";
  testing::write_file(root / "old", "x");
  const auto store = open_store(root);
  fs::remove_all(root);
  CHECK(store->list("", {}).error().kind == ErrorKind::not_found);
  testing::write_file(root / "new", "x");
  const auto page = store->list("", {});
  REQUIRE(page);
  REQUIRE(page->objects.size() == 1);
  CHECK(page->objects[0].key == "new");
  CHECK(store->put("", "more", {}, false));
}

TEST_CASE("a root that does not exist is not found") {
  CHECK(DirectoryStore::open("/nonexistent/root").error().kind == ErrorKind::not_found);
}

}  // namespace trainyard
