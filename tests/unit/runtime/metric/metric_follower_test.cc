#include "runtime/metric/metric_follower.h"

#include <doctest/doctest.h>

#include "runtime/log/log_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

struct FollowerFixture {
  testing::TempDir directory;
  testing::FakeClock clock;
  LogStore logs{directory / "logs", clock};
  std::unique_ptr<MetricStore> metrics = MetricStore::open(directory / "metrics.db").value();
  std::vector<std::string> notices;
  MetricFollower follower{{1, "job", {{"loss", "loss=([0-9.]+)"}}},
                          [this] { return logs.open_reader("s"); },
                          *metrics,
                          clock,
                          [this](const std::string& line) { notices.push_back(line); }};

  void print(const std::vector<std::string>& lines) {
    std::vector<NewLogEvent> events;
    for (const std::string& line : lines) events.push_back({clock.now(), line});
    REQUIRE(logs.open_writer("s").value()->put(events));
  }
};

}  // namespace

TEST_CASE_FIXTURE(FollowerFixture, "a search ends at its deadline, however few lines there are") {
  print({"loss=1", "loss=2", "loss=3"});
  REQUIRE(follower.catch_up({}, clock.now()));
  CHECK(notices.size() == 1);
  CHECK(metrics->of_job(1)->finals.empty());
  REQUIRE(follower.catch_up({}));
  REQUIRE(metrics->of_job(1)->finals.size() == 1);
  CHECK(metrics->of_job(1)->finals[0].value == 3);
}

TEST_CASE_FIXTURE(FollowerFixture, "no search is missed where there is nothing to be searched") {
  print({"loss=1"});
  REQUIRE(follower.catch_up({}));
  REQUIRE(follower.catch_up({}, clock.now()));
  CHECK(notices.empty());
}

}  // namespace trainyard
