#include "runtime/store/data_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace trainyard {

TEST_CASE("a new data directory is made with everything in it, closed to others") {
  const testing::TempDir temporary;
  const auto root = temporary / "a" / "b" / "data";
  auto directory = DataDirectory::open(root);
  REQUIRE(directory);
  CHECK(directory->root() == root);
  CHECK(testing::mode_of(root) == 0700);
  CHECK(std::filesystem::is_directory(directory->objects()));
  CHECK(std::filesystem::is_directory(directory->logs()));
  CHECK(std::filesystem::is_directory(directory->scratch()));
  CHECK(directory->journal() == root / "jobs.db");
  CHECK(directory->id().size() == 16);
  CHECK(directory->id().find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("a data directory keeps its id, and two have different ones") {
  const testing::TempDir temporary;
  std::string id;
  {
    auto first = DataDirectory::open(temporary / "one");
    REQUIRE(first);
    id = first->id();
  }
  auto again = DataDirectory::open(temporary / "one");
  auto other = DataDirectory::open(temporary / "two");
  REQUIRE(again);
  REQUIRE(other);
  CHECK(again->id() == id);
  CHECK(other->id() != id);
}

TEST_CASE("what is served to others lies apart from the data directory") {
  const testing::TempDir temporary;
  const auto root = temporary / "data";
  const auto directory = DataDirectory::open(root);
  REQUIRE(directory);
  std::filesystem::create_directory(temporary / "database");
  std::filesystem::create_directory_symlink(root / "objects", temporary / "link");
  CHECK(directory->check_apart(temporary / "database"));
  for (const auto& wrong :
       {temporary.path(), root, root / "objects", temporary / "link", std::filesystem::path("/")}) {
    CAPTURE(wrong);
    const auto checked = directory->check_apart(wrong);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().kind == ErrorKind::invalid_argument);
    CHECK(checked.error().message.find(root.string()) != std::string::npos);
  }
}

TEST_CASE("a second daemon is refused and told who is there") {
  const testing::TempDir temporary;
  {
    auto first = DataDirectory::open(temporary.path());
    REQUIRE(first);
    auto second = DataDirectory::open(temporary.path());
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == ErrorKind::conflict);
    CHECK(second.error().message ==
          fmt::format("another Trainyard runs in {} (process {}); stop it, or choose another "
                      "directory with --data-dir",
                      temporary.path().string(), ::getpid()));
    CHECK(lock_holder(temporary.path()).value() == ::getpid());
  }
  CHECK(lock_holder(temporary.path()).value() == std::nullopt);
  CHECK(DataDirectory::open(temporary.path()));
}

TEST_CASE("the lock goes along when a data directory is moved") {
  const testing::TempDir temporary;
  auto opened = DataDirectory::open(temporary.path());
  REQUIRE(opened);
  REQUIRE(opened->publish_address("http://127.0.0.1:1"));
  const DataDirectory moved = std::move(*opened);
  opened = failure(ErrorKind::internal, "destroys what was moved from");
  CHECK(lock_holder(temporary.path()).value() == ::getpid());
  CHECK(read_address(temporary.path()).value() == "http://127.0.0.1:1");
}

TEST_CASE("the address is there while a daemon answers") {
  const testing::TempDir temporary;
  const auto kind_of_failure = [&] { return read_address(temporary.path()).error().kind; };
  CHECK(kind_of_failure() == ErrorKind::not_found);
  {
    auto directory = DataDirectory::open(temporary.path());
    REQUIRE(directory);
    CHECK(kind_of_failure() == ErrorKind::not_found);
    REQUIRE(directory->publish_address("http://127.0.0.1:4747"));
    CHECK(read_address(temporary.path()).value() == "http://127.0.0.1:4747");
  }
  CHECK(kind_of_failure() == ErrorKind::not_found);
  CHECK_FALSE(std::filesystem::exists(temporary / "address"));
}

TEST_CASE("the address of a killed daemon is neither believed nor kept") {
  const testing::TempDir temporary;
  testing::write_file(temporary / "lock", "4194305\n");
  testing::write_file(temporary / "address", "http://127.0.0.1:4747\n");
  CHECK_FALSE(read_address(temporary.path()));
  auto directory = DataDirectory::open(temporary.path());
  REQUIRE(directory);
  CHECK_FALSE(std::filesystem::exists(temporary / "address"));
}

TEST_CASE("a directory with other files in it is left alone") {
  const testing::TempDir temporary;
  testing::write_file(temporary / "thesis.tex", "text");
  ::chmod(temporary.path().c_str(), 0755);
  auto directory = DataDirectory::open(temporary.path());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().kind == ErrorKind::invalid_argument);
  CHECK(directory.error().message.find("thesis.tex") != std::string::npos);
  CHECK(testing::mode_of(temporary.path()) == 0755);
  CHECK_FALSE(std::filesystem::exists(temporary / "lock"));
}

TEST_CASE("what a first start that was killed leaves is no obstacle") {
  const testing::TempDir temporary;
  testing::write_file(temporary / "id.new-Ab12Cd", "0123");
  testing::write_file(temporary / "lock", "");
  CHECK(DataDirectory::open(temporary.path()));
}

TEST_CASE("a damaged id is reported, not replaced") {
  const testing::TempDir temporary;
  testing::write_file(temporary / "id", "12345\n");
  auto directory = DataDirectory::open(temporary.path());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().kind == ErrorKind::data_corrupt);
  CHECK(testing::read_file(temporary / "id") == "12345\n");
}

TEST_CASE("whether a place can be used is told without touching it") {
  const testing::TempDir temporary;
  CHECK(check_data_directory(temporary / "a" / "b"));
  CHECK_FALSE(std::filesystem::exists(temporary / "a"));
  CHECK(check_data_directory(temporary.path()));
  CHECK(std::filesystem::is_empty(temporary.path()));
  testing::write_file(temporary / "file", "");
  CHECK_FALSE(check_data_directory(temporary.path()));
  CHECK_FALSE(check_data_directory(temporary / "file"));
  CHECK_FALSE(check_data_directory(temporary / "file" / "below"));
  const auto directory = DataDirectory::open(temporary / "data");
  REQUIRE(directory);
  CHECK(check_data_directory(temporary / "data"));
}

TEST_CASE("a path that cannot be a directory is an error that names it") {
  const testing::TempDir temporary;
  testing::write_file(temporary / "file", "");
  auto directory = DataDirectory::open(temporary / "file" / "data");
  REQUIRE_FALSE(directory);
  CHECK(directory.error().message.find("file") != std::string::npos);
}

}  // namespace trainyard
