// What becomes of the metric definitions of a job.

#include <algorithm>
#include <semaphore>

#include <doctest/doctest.h>

#include "runtime/metric/metric_follower.h"
#include "tests/support/job_bench.h"

namespace trainyard {

namespace {

using testing::FakeImage;
using testing::FakeRun;
using testing::image_of;
using testing::JobBench;

JobSpec with_metrics(const std::string& name) {
  JobSpec spec = JobBench::spec(name);
  spec.metric_definitions = {{"loss", "loss=([0-9.]+)"}, {"accuracy", "accuracy=([0-9.]+)"}};
  return spec;
}

// All samples of a metric of a job as one period.
MetricPeriod all_of(JobBench& bench, const std::string& job, const std::string& metric) {
  MetricQuery query;
  query.metric = {training_job_name_space, metric, {{training_job_dimension, job}}};
  query.end = Time::max();
  query.period = std::chrono::seconds(std::int64_t{1} << 32);
  const auto periods = bench.metrics().query(query, 2);
  REQUIRE(periods);
  return periods->empty() ? MetricPeriod{} : periods->at(0);
}

}  // namespace

TEST_CASE("the latest value of each metric belongs to the job, all of them to its series") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             for (int i = 1; i <= 10; ++i) run.print(fmt::format("loss={}\n", i));
                             return 0;
                           }));
  bench.create(with_metrics("job"));
  bench.create(JobBench::spec("without"));
  const JobRecord record = bench.await_end("job");
  REQUIRE(record.final_metrics.size() == 1);
  CHECK(record.final_metrics[0].name == "loss");
  CHECK(record.final_metrics[0].value == 10);
  CHECK(all_of(bench, "job", "loss").count == 10);
  CHECK(all_of(bench, "job", "loss").sum == 55);
  CHECK(bench.await_end("without").final_metrics.empty());
  CHECK(all_of(bench, "without", "loss").count == 0);
}

TEST_CASE("metrics are neither lost nor doubled when the daemon is made anew while a job runs") {
  JobBench bench;
  std::counting_semaphore<> go_on(0);
  std::counting_semaphore<> printed(0);
  bench.engine().add_image("image", image_of([&](FakeRun& run) {
                             for (int i = 1; i <= 40; ++i) {
                               run.print(fmt::format("loss={}\n", i));
                               if (i % 10 != 0) continue;
                               printed.release();
                               go_on.acquire();
                             }
                             return 0;
                           }));
  bench.create(with_metrics("job"));
  for (int part = 0; part < 4; ++part) {
    printed.acquire();
    bench.restart();
    go_on.release();
  }
  CHECK(bench.await_end("job").final_metrics.at(0).value == 40);
  CHECK(all_of(bench, "job", "loss").count == 40);
  CHECK(all_of(bench, "job", "loss").sum == 820);
}

TEST_CASE("an expression that is too hard is told of in the log, and other metrics are found") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             const std::string hard = std::string(60, 'a') + "!";
                             for (int i = 0; i < 100; ++i) run.print(hard + "\n");
                             run.print("loss=2\n");
                             return 0;
                           }));
  JobSpec spec = with_metrics("job");
  spec.metric_definitions.push_back({"bad", "(a+)+$"});
  bench.create(spec);
  CHECK(bench.await_end("job").final_metrics.at(0).value == 2);
  const auto log = bench.log("job");
  CHECK(std::ranges::count_if(log, [](const std::string& line) {
          return line.starts_with("[trainyard] the regular expression of metric bad");
        }) == 1);
}

TEST_CASE("metrics of a job that was removed are not those of the next of its name") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.print("accuracy=0.5\n");
                             return 0;
                           }));
  bench.create(with_metrics("job"));
  bench.await_end("job");
  REQUIRE(bench.jobs().remove("job"));
  JobSpec spec = with_metrics("job");
  spec.metric_definitions = {{"other", "x=(.*)"}};
  bench.create(spec);
  CHECK(bench.await_end("job").final_metrics.empty());
}

}  // namespace trainyard
