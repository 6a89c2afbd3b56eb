#include "runtime/log/log_store.h"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "runtime/base/task_group.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

using testing::TempDir;

SystemClock clock;

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

std::vector<std::string> messages_in_any_order(const LogStore& store, const std::string& stream) {
  std::vector<std::string> found;
  CHECK(store.read(stream, [&](Time, std::string_view message) -> Result<void> {
    found.emplace_back(message);
    return {};
  }));
  return found;
}

LogPosition position(std::uint64_t frames) {
  return {at(0), frames, frames * 5, {frames * 2, frames * 3}};
}

}  // namespace

TEST_CASE("what was committed is read back, in order and of any bytes") {
  TempDir directory;
  LogStore store(directory.path(), clock);
  CHECK(messages(store, "1").empty());
  auto writer = store.open_writer("1");
  REQUIRE(writer);
  const std::string binary("\0\xff\n!", 4);
  (*writer)->append(at(1), "first");
  (*writer)->append(at(3), binary);
  CHECK((*writer)->commit(position(2)));
  (*writer)->append(at(2), "stamped earlier");
  CHECK((*writer)->flush());
  CHECK(messages(store, "1") == std::vector<std::string>{"first", binary});
  CHECK((*writer)->commit(position(3)));
  CHECK((*writer)->flush());
  CHECK(messages(store, "1") == std::vector<std::string>{"first", binary, "stamped earlier"});
  CHECK(store.remove("1"));
  CHECK(messages(store, "1").empty());
}

TEST_CASE("a writer goes on where the last one ended; what was not committed is not there") {
  TempDir directory;
  LogStore store(directory.path(), clock);
  {
    auto writer = store.open_writer("1");
    REQUIRE(writer);
    (*writer)->append(at(1), "one");
    CHECK((*writer)->commit(position(7)));
    (*writer)->append(at(2), "without a position");
  }
  auto writer = store.open_writer("1");
  REQUIRE(writer);
  CHECK((*writer)->position() == position(7));
  (*writer)->append_own(at(3), "ours");
  CHECK((*writer)->flush());
  CHECK((*writer)->position() == position(7));
  CHECK(messages(store, "1") == std::vector<std::string>{"one", "ours"});
}

TEST_CASE("an own line in the middle of a frame waits for the frame's commit") {
  TempDir directory;
  LogStore store(directory.path(), clock, std::chrono::hours(1));
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
    LogStore store(directory.path(), clock);
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
    LogStore store(directory.path(), clock);
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

TEST_CASE("a stream that is removed leaves no file behind, and a sweep only what is wanted") {
  TempDir directory;
  LogStore store(directory.path(), clock);
  for (const char* stream : {"1", "2", "3"}) {
    auto writer = store.open_writer(stream);
    REQUIRE(writer);
    (*writer)->append_own(at(1), "line");
  }
  CHECK(store.remove("1"));
  CHECK(store.remove("1"));
  store.sweep([](const std::string& stream) { return stream == "2"; });
  CHECK(messages(store, "2") == std::vector<std::string>{"line"});
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    left.push_back(entry.path().filename().string());
  }
  std::ranges::sort(left);
  CHECK(left == std::vector<std::string>{"2.log", "2.log.index"});
}

TEST_CASE("all who open a stream for writing write in turn, also while it is being closed") {
  TempDir directory;
  LogStore store(directory.path(), clock);
  TaskGroup writers("writers", 4);
  for (int thread = 0; thread < 4; ++thread) {
    writers.spawn([&](std::stop_token) {
      for (int i = 0; i < 50; ++i) {
        auto writer = store.open_writer("s");
        REQUIRE(writer);
        const NewLogEvent event{at(i), "put"};
        CHECK((*writer)->put({&event, 1}));
        (*writer)->append_own(at(i), "own");
      }
    });
  }
  writers.join();
  std::vector<std::string> found = messages_in_any_order(store, "s");
  CHECK(found.size() == 400);
  CHECK(std::ranges::count(found, "own") == 200);
}

TEST_CASE("a summary tells what a stream holds, also while it is written to") {
  TempDir directory;
  LogStore store(directory.path(), clock);
  REQUIRE(store.summary("s"));
  CHECK(store.summary("s")->events == 0);
  auto writer = store.open_writer("s");
  REQUIRE(writer);
  const NewLogEvent events[] = {{at(5), "a"}, {at(7), "b"}, {at(6), "late"}};
  CHECK((*writer)->put(events));
  for (const bool open : {true, false}) {
    CHECK(store.has_writer("s") == open);
    const auto summary = store.summary("s");
    REQUIRE(summary);
    CHECK(summary->events == 3);
    CHECK(summary->late_events == 1);
    CHECK(summary->first_time == at(5));
    CHECK(summary->latest_time == at(7));
    CHECK(summary->bytes == std::filesystem::file_size(directory / "s.log"));
    writer->reset();
  }
}

TEST_CASE("a summary that was read while somebody wrote does not stay") {
  TempDir directory;
  LogStore store(directory.path(), clock);
  TaskGroup readers("readers", 2);
  for (int thread = 0; thread < 2; ++thread) {
    readers.spawn([&](std::stop_token stop) {
      while (!stop.stop_requested()) CHECK(store.summary("s"));
    });
  }
  for (std::uint64_t written = 1; written <= 1000; ++written) {
    const NewLogEvent event{at(1), "put"};
    REQUIRE(store.open_writer("s").value()->put({&event, 1}));
    REQUIRE(store.summary("s")->events == written);
  }
}

TEST_CASE("what cannot be written is forgotten together with its position") {
  TempDir directory;
  LogStore store(directory.path(), clock, std::chrono::hours(1));
  auto writer = store.open_writer("s");
  REQUIRE(writer);
  (*writer)->append(at(1), "kept");
  CHECK((*writer)->commit(position(1)));
  CHECK((*writer)->flush());
  {
    const testing::FileSizeLimit limit(1000);
    (*writer)->append(at(2), std::string(100'000, 'x'));
    CHECK((*writer)->commit(position(2)).error().kind == ErrorKind::limit_exceeded);
    CHECK((*writer)->position() == position(1));
  }
  (*writer)->append(at(2), "read again");
  CHECK((*writer)->commit(position(3)));
  CHECK((*writer)->flush());
  CHECK(messages(store, "s") == std::vector<std::string>{"kept", "read again"});
}

TEST_CASE("commits become readable without a flush being asked for") {
  TempDir directory;
  LogStore store(directory.path(), clock, std::chrono::milliseconds(1));
  auto writer = store.open_writer("s");
  REQUIRE(writer);
  (*writer)->append(at(1), "soon");
  CHECK((*writer)->commit(position(1)));
  while (messages(store, "s").empty()) std::this_thread::yield();
  CHECK(messages(store, "s") == std::vector<std::string>{"soon"});
}

}  // namespace trainyard
