#include "runtime/log/log_groups.h"

#include <doctest/doctest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

struct Bench {
  Bench() { reopen(); }

  void reopen() {
    groups.reset();
    groups = std::move(LogGroups::open(directory / "logs", clock).value());
  }
  std::vector<std::string> streams() {
    std::vector<std::string> names;
    const auto group = groups->catalog().find_group(std::string(training_log_group));
    if (!group) return names;
    const auto found = groups->catalog().list_streams(group->id, {});
    REQUIRE(found);
    for (const LogStream& stream : *found) names.push_back(stream.name);
    return names;
  }
  std::vector<std::string> lines(std::int64_t job) {
    std::vector<std::string> found;
    CHECK(groups->read_job_log(job, [&](Time, std::string_view line) -> Result<void> {
      found.emplace_back(line);
      return {};
    }));
    return found;
  }
  void write(std::int64_t job, const std::string& name, const std::string& line) {
    auto writer = groups->open_job_log(job, name);
    REQUIRE(writer);
    (*writer)->append_own(clock.now(), line);
  }

  testing::TempDir directory;
  testing::FakeClock clock;  // at 1 700 000 000 s
  std::unique_ptr<LogGroups> groups;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a job's stream is there from its first moment and is found again after a restart") {
  Bench bench;
  CHECK(bench.lines(1).empty());
  REQUIRE(bench.groups->open_job_log(1, "job"));
  CHECK(bench.streams() == Names{"job/algo-1-1700000000"});
  CHECK(bench.lines(1).empty());
  bench.write(1, "job", "one");
  bench.clock.advance(std::chrono::hours(1));
  bench.reopen();
  bench.write(1, "job", "two");
  CHECK(bench.streams() == Names{"job/algo-1-1700000000"});
  CHECK(bench.lines(1) == Names{"one", "two"});
}

TEST_CASE("a job takes the place of the streams that one of its name has left") {
  Bench bench;
  bench.write(1, "job", "old");
  bench.write(2, "job-2", "another");
  bench.clock.advance(std::chrono::minutes(1));
  bench.write(3, "job", "new");
  CHECK(bench.streams() == Names{"job-2/algo-1-1700000000", "job/algo-1-1700000060"});
  CHECK(bench.lines(1).empty());
  CHECK(bench.lines(3) == Names{"new"});
}

TEST_CASE("streams that jobs write to cannot be removed") {
  Bench bench;
  const std::string group(training_log_group);
  {
    const auto writer = bench.groups->open_job_log(1, "job");
    REQUIRE(writer);
    CHECK(bench.groups->remove_stream(group, "job/algo-1-1700000000").error().kind ==
          ErrorKind::conflict);
    CHECK(bench.groups->remove_group(group).error().kind == ErrorKind::conflict);
    bench.write(2, "ended", "line");
    CHECK(bench.groups->clear());
    CHECK(bench.streams() == Names{"job/algo-1-1700000000"});
  }
  CHECK(bench.groups->remove_stream(group, "job/algo-1-1700000000"));
  CHECK(bench.groups->remove_stream(group, "none").error().kind == ErrorKind::not_found);
  CHECK(bench.groups->remove_group(group));
  CHECK(bench.groups->remove_group(group).error().kind == ErrorKind::not_found);
}

TEST_CASE("clear leaves nothing, and what nobody knows is swept at the next start") {
  Bench bench;
  bench.write(1, "job", "line");
  REQUIRE(bench.groups->catalog().add_group({0, "mine", {}, 7, "STANDARD", ""}, {{"k", "v"}}));
  CHECK(bench.groups->clear());
  CHECK(bench.streams().empty());
  CHECK(bench.groups->catalog().list_groups({})->empty());
  const auto streams = bench.directory / "logs" / "streams";
  CHECK(std::filesystem::is_empty(streams));
  testing::write_file(streams / "99.log", "left by a crash");
  bench.reopen();
  CHECK(std::filesystem::is_empty(streams));
}

}  // namespace trainyard
