#include "runtime/store/metric_store.h"

#include <doctest/doctest.h>

#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

const MetricName loss{"Space", "loss", {{"Job", "a"}}};

Time at(std::int64_t seconds) {
  return Time(std::chrono::seconds(1'700'000'000 + seconds));
}

struct MetricStoreFixture {
  void open(MetricLimits limits = {}) {
    store.reset();
    auto opened = MetricStore::open(directory.path() / "metrics.db", limits);
    REQUIRE(opened);
    store = std::move(*opened);
  }

  void put(const MetricName& metric, std::vector<MetricSample> samples) {
    const std::vector<MetricData> data{{metric, std::move(samples)}};
    REQUIRE(store->put(data));
  }

  std::vector<MetricPeriod> query(const MetricQuery& query) {
    auto periods = store->query(query, 100);
    REQUIRE(periods);
    return std::move(*periods);
  }

  std::vector<std::string> list(const MetricListQuery& query) {
    const auto page = store->list(query);
    REQUIRE(page);
    std::vector<std::string> names;
    for (const MetricName& metric : page->metrics) names.push_back(metric.name);
    if (page->more) names.emplace_back("…");
    return names;
  }

  testing::TempDir directory;
  std::unique_ptr<MetricStore> store;
};

}  // namespace

TEST_CASE_FIXTURE(MetricStoreFixture, "samples are summed up by periods that begin at the start") {
  open();
  put(loss, {MetricSample::of(at(0), 1), MetricSample::of(at(59), 3), MetricSample::of(at(60), 5),
             MetricSample::of(at(180), 7), MetricSample::of(at(-1), 100),
             MetricSample::of(at(240), 100)});
  const auto periods = query({loss, at(0), at(240), std::chrono::seconds(60), {}, {}});
  REQUIRE(periods.size() == 3);
  CHECK(periods[0].start == at(0));
  CHECK(periods[0].count == 2);
  CHECK(periods[0].sum == 4);
  CHECK(periods[0].minimum == 1);
  CHECK(periods[0].maximum == 3);
  CHECK(periods[0].unit == "None");
  CHECK(periods[1].start == at(60));
  CHECK(periods[2].start == at(180));
  CHECK(query({loss, at(-60), at(0), std::chrono::seconds(60), {}, {}}).size() == 1);
}

TEST_CASE_FIXTURE(MetricStoreFixture, "a series is told by its space, name and all dimensions") {
  open();
  put(loss, {MetricSample::of(at(0), 1)});
  for (const MetricName& other :
       {MetricName{"Space", "loss", {}}, MetricName{"Space", "los", {{"Job", "a"}}},
        MetricName{"space", "loss", {{"Job", "a"}}}, MetricName{"Space", "loss", {{"Job", "b"}}}}) {
    CHECK(query({other, at(0), at(60), std::chrono::seconds(60), {}, {}}).empty());
  }
}

TEST_CASE_FIXTURE(MetricStoreFixture, "units are kept apart") {
  open();
  MetricSample bytes = MetricSample::of(at(0), 8);
  bytes.unit = "Bytes";
  put(loss, {bytes, MetricSample::of(at(1), 1)});
  CHECK(query({loss, at(0), at(60), std::chrono::seconds(60), {}, {}}).size() == 2);
  const auto only = query({loss, at(0), at(60), std::chrono::seconds(60), "Bytes", {}});
  REQUIRE(only.size() == 1);
  CHECK(only[0].sum == 8);
}

TEST_CASE_FIXTURE(MetricStoreFixture, "percentiles are values that were put") {
  open();
  std::vector<MetricSample> samples;
  for (int value = 100; value >= 1; --value) samples.push_back(MetricSample::of(at(0), value));
  samples.push_back(MetricSample::of(at(60), 5, 9));
  samples.push_back(MetricSample::of(at(60), 6, 1));
  samples.push_back({at(120), "None", 2, 3, 1, 2});
  put(loss, samples);
  const auto periods =
      query({loss, at(0), at(180), std::chrono::seconds(60), {}, {0, 50, 90, 99.5, 100}});
  using Values = std::vector<std::optional<double>>;
  REQUIRE(periods.size() == 3);
  CHECK(periods[0].percentiles == Values{1, 50, 90, 100, 100});
  CHECK(periods[1].percentiles == Values{5, 5, 5, 6, 6});
  CHECK(periods[2].percentiles == Values(5));
}

TEST_CASE_FIXTURE(MetricStoreFixture, "series are listed in order, by pages and filters") {
  open();
  put({"A", "m1", {{"x", "1"}, {"y", "2"}}}, {MetricSample::of(at(0), 1)});
  put({"A", "m2", {{"x", "2"}}}, {MetricSample::of(at(100), 1)});
  put({"B", "m3", {}}, {MetricSample::of(at(0), 1)});
  using Names = std::vector<std::string>;
  CHECK(list({}) == Names{"m1", "m2", "m3"});
  CHECK(list({.name_space = "A"}) == Names{"m1", "m2"});
  CHECK(list({.name = "m2"}) == Names{"m2"});
  CHECK(list({.dimensions = {{"x", std::nullopt}}}) == Names{"m1", "m2"});
  CHECK(list({.dimensions = {{"x", "1"}}}) == Names{"m1"});
  CHECK(list({.dimensions = {{"x", "1"}, {"y", "3"}}}) == Names{});
  CHECK(list({.active_since = at(50)}) == Names{"m2"});
  CHECK(list({.limit = 2}) == Names{"m1", "m2", "…"});
  CHECK(list({.after = MetricName{"A", "m2", {{"x", "2"}}}, .limit = 2}) == Names{"m3"});
}

TEST_CASE_FIXTURE(MetricStoreFixture, "only the latest samples are kept, and no empty series") {
  open({.samples = 3});
  put({"A", "old", {}}, {MetricSample::of(at(0), 1)});
  put(loss, {MetricSample::of(at(0), 1), MetricSample::of(at(0), 2), MetricSample::of(at(0), 3)});
  CHECK(list({}) == std::vector<std::string>{"loss"});
  put(loss, {MetricSample::of(at(0), 4)});
  CHECK(query({loss, at(0), at(1), std::chrono::seconds(1), {}, {}}).at(0).sum == 9);
}

TEST_CASE_FIXTURE(MetricStoreFixture, "a series counts as long as there are samples of it") {
  open({.samples = 3, .series = 3});
  for (int i = 0; i < 10; ++i) {
    put({"A", fmt::format("m{}", i), {}}, {MetricSample::of(at(i), i)});
    put({"A", "unused", {{"n", std::to_string(i)}}}, {});
  }
  CHECK(list({}) == std::vector<std::string>{"m7", "m8", "m9"});
}

TEST_CASE_FIXTURE(MetricStoreFixture,
                  "a new series takes the place of the one put to longest ago") {
  open({.series = 3});
  for (const char* name : {"a", "b", "c"}) put({"A", name, {}}, {MetricSample::of(at(0), 1)});
  put({"A", "a", {}}, {MetricSample::of(at(0), 2)});
  put({"A", "d", {}}, {MetricSample::of(at(0), 3)});
  CHECK(list({}) == std::vector<std::string>{"a", "c", "d"});
  const std::vector<MetricData> data{{{"A", "e", {}}, {MetricSample::of(at(0), 1)}}};
  REQUIRE(store->put_of_job(7, {1, {{"e", 1, at(0)}}}, data));
  CHECK(list({}) == std::vector<std::string>{"a", "d", "e"});
  CHECK(store->of_job(7)->finals.size() == 1);

  // More at once than there may be: the latest of them.
  std::vector<MetricData> many;
  for (const char* name : {"p", "q", "r", "s"}) {
    many.push_back({{"A", name, {}}, {MetricSample::of(at(0), 1)}});
  }
  REQUIRE(store->put(many));
  CHECK(list({}) == std::vector<std::string>{"q", "r", "s"});
}

TEST_CASE_FIXTURE(MetricStoreFixture, "all of it is there after a restart, until it is cleared") {
  open();
  const std::vector<MetricData> data{{loss, {MetricSample::of(at(0), 1)}}};
  REQUIRE(store->put_of_job(7, {12, {{"loss", 1, at(0)}, {"acc", 2, at(1)}}}, data));
  REQUIRE(store->put_of_job(7, {15, {{"loss", 3, at(2)}}}, {}));
  open();
  const auto job = store->of_job(7);
  REQUIRE(job);
  CHECK(job->next_event == 15);
  REQUIRE(job->finals.size() == 2);
  CHECK(job->finals[0].name == "acc");
  CHECK(job->finals[1].value == 3);
  CHECK(job->finals[1].time == at(2));
  CHECK(store->of_job(8)->next_event == 0);

  REQUIRE(store->forget_job(7));
  CHECK(store->of_job(7)->finals.empty());
  CHECK(list({}).size() == 1);
  REQUIRE(store->clear());
  CHECK(list({}).empty());
}

TEST_CASE_FIXTURE(MetricStoreFixture, "names of any bytes are names") {
  open();
  const MetricName odd{"s'\"", "n\n%", {{"d\"]", "v'--"}}};
  put(odd, {MetricSample::of(at(0), 1)});
  CHECK(query({odd, at(0), at(1), std::chrono::seconds(1), {}, {}}).size() == 1);
  CHECK(list({.dimensions = {{"d\"]", "v'--"}}}).size() == 1);
}

}  // namespace trainyard
