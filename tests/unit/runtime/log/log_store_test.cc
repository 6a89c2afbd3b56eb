#include "runtime/log/log_store.h"

#include <vector>

#include <doctest/doctest.h>

#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

using testing::TempDir;

Time at(int milliseconds) {
  return from_milliseconds(1'700'000'000'000 + milliseconds);
}

std::vector<std::string> messages(const LogStore& store, const std::string& stream) {
  std::vector<std::string> found;
  Time last{};
  CHECK(store.read(stream, [&](Time time, std::string_view message) -> Result<void> {
    CHECK(time >= last);
    last = time;
    found.emplace_back(message);
    return {};
  }));
  return found;
}

LogPosition position(std::uint64_t frames) {
  return {at(0), frames, {frames * 2, frames * 3}};
}

}  // namespace

TEST_CASE("what was committed is read back, in order and of any bytes") {
  TempDir directory;
  LogStore store(directory.path());
  CHECK(messages(store, "1/algo-1").empty());
  auto writer = store.open_writer("1/algo-1");
  REQUIRE(writer);
  const std::string binary("\0\xff\n!", 4);
  (*writer)->append(at(1), "first");
  (*writer)->append(at(3), binary);
  CHECK((*writer)->commit(position(2)));
  (*writer)->append(at(2), "stamped earlier");
  CHECK((*writer)->flush());
  CHECK(messages(store, "1/algo-1") == std::vector<std::string>{"first", binary});
  CHECK((*writer)->commit(position(3)));
  CHECK((*writer)->flush());
  CHECK(messages(store, "1/algo-1") ==
        std::vector<std::string>{"first", binary, "stamped earlier"});
  CHECK(store.remove("1/algo-1"));
  CHECK(messages(store, "1/algo-1").empty());
}

TEST_CASE("a writer goes on where the last one ended; what was not committed is not there") {
  TempDir directory;
  LogStore store(directory.path());
  {
    auto writer = store.open_writer("1/algo-1");
    REQUIRE(writer);
    (*writer)->append(at(1), "one");
    CHECK((*writer)->commit(position(7)));
    (*writer)->append(at(2), "without a position");
  }
  auto writer = store.open_writer("1/algo-1");
  REQUIRE(writer);
  CHECK((*writer)->position() == position(7));
  (*writer)->append_own(at(3), "ours");
  CHECK((*writer)->flush());
  CHECK((*writer)->position() == position(7));
  CHECK(messages(store, "1/algo-1") == std::vector<std::string>{"one", "ours"});
}

TEST_CASE("an own line in the middle of a frame waits for the frame's commit") {
  TempDir directory;
  LogStore store(directory.path(), std::chrono::hours(1));
  auto writer = store.open_writer("s");
  REQUIRE(writer);
  (*writer)->append(at(1), "of the frame");
  (*writer)->append_own(at(2), "ours");
  CHECK((*writer)->flush());
  CHECK(messages(store, "s").empty());
  CHECK((*writer)->commit(position(1)));
  CHECK((*writer)->flush());
  CHECK(messages(store, "s") == std::vector<std::string>{"of the frame", "ours"});
}

TEST_CASE("a file cut at any byte yields its whole blocks, and can be written on") {
  TempDir directory;
  std::size_t first_block = 0;
  const auto file = directory / "s.log";
  {
    LogStore store(directory.path());
    auto writer = store.open_writer("s");
    REQUIRE(writer);
    (*writer)->append(at(1), "first");
    CHECK((*writer)->commit(position(1)));
    CHECK((*writer)->flush());
    first_block = std::filesystem::file_size(file);
    (*writer)->append(at(2), "second");
    CHECK((*writer)->commit(position(2)));
  }
  const std::string content = testing::read_file(file);
  for (std::size_t size = first_block; size < content.size(); ++size) {
    testing::write_file(file, content.substr(0, size));
    LogStore store(directory.path());
    CHECK(messages(store, "s") == std::vector<std::string>{"first"});
    auto writer = store.open_writer("s");
    REQUIRE(writer);
    CHECK((*writer)->position() == position(1));
    (*writer)->append(at(3), "after the cut");
    CHECK((*writer)->commit(position(3)));
    CHECK((*writer)->flush());
    CHECK(messages(store, "s") == std::vector<std::string>{"first", "after the cut"});
  }
}

TEST_CASE("a stream that is removed leaves no folder behind") {
  TempDir directory;
  LogStore store(directory.path());
  for (const char* stream : {"1/a", "1/b"}) REQUIRE(store.open_writer(stream));
  CHECK(store.remove("1/a"));
  CHECK(std::filesystem::exists(directory / "1" / "b.log"));
  CHECK(store.remove("1/b"));
  CHECK_FALSE(std::filesystem::exists(directory / "1"));
  CHECK(store.remove("1/b"));
}

TEST_CASE("commits become readable without a flush being asked for") {
  TempDir directory;
  LogStore store(directory.path(), std::chrono::milliseconds(1));
  auto writer = store.open_writer("s");
  REQUIRE(writer);
  (*writer)->append(at(1), "soon");
  CHECK((*writer)->commit(position(1)));
  while (messages(store, "s").empty()) std::this_thread::yield();
  CHECK(messages(store, "s") == std::vector<std::string>{"soon"});
}

}  // namespace trainyard
