#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/job/supervisor.h"
#include "tests/support/job_bench.h"

// What jobs survive: single bad answers of the Engine, a full disk, what an earlier job left.

namespace trainyard {

namespace {

using testing::FakeRun;
using testing::image_of;
using testing::JobBench;

const Error bad_answer{ErrorKind::internal, "the Engine has stumbled"};

}  // namespace

TEST_CASE("one bad answer about a container that runs costs the job nothing") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             CHECK(run.wait_for_signal() == "SIGTERM");
                             run.write("/opt/ml/model/weights", "0.5");
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  for (const char* verb : {"inspect_container", "signal_container"}) {
    bench.engine().fail_next(verb, bad_answer, 2);
  }
  CHECK(bench.jobs().stop("job"));
  const JobRecord record = bench.await_end("job");
  CHECK(record.status == JobStatus::stopped);
  CHECK(record.failure_reason.empty());
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));
  bench.check_nothing_left();
}

TEST_CASE("an Engine that answers nothing but errors is not asked for ever") {
  JobBench bench;
  bench.engine().add_image("image", image_of(testing::wait_for_sigterm(0)));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  bench.engine().fail_next("inspect_container", bad_answer, 1'000'000);
  while (!is_terminal(bench.describe("job").status)) {
    bench.clock().advance(std::chrono::seconds(1));
    std::this_thread::yield();
  }
  const JobRecord record = bench.describe("job");
  CHECK(record.status == JobStatus::failed);
  CHECK(record.failure_reason.find("has failed for 300 seconds: the Engine has stumbled") !=
        std::string::npos);
}

TEST_CASE("the container of an earlier job of the name is not taken for this one's") {
  JobOptions options = JobBench::default_options();
  options.keep = KeepPolicy::always;
  JobBench bench(options);
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.print("old\n");
                             return 3;
                           }));
  bench.create(JobBench::spec("job"));
  CHECK(bench.await_end("job").status == JobStatus::failed);
  CHECK(bench.jobs().remove("job"));

  bench.engine().set_available(false);
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.print("new\n");
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  bench.await_message("job", "Waiting for the Docker Engine");
  bench.restart(options);
  bench.engine().set_available(true);
  CHECK(bench.await_end("job").status == JobStatus::completed);
  CHECK(bench.log("job") == std::vector<std::string>{"new"});
}

TEST_CASE("what could not be removed is removed later, and in nobody's way meanwhile") {
  JobBench bench;
  bench.engine().add_image("image");
  bench.engine().fail_next("remove_container", bad_answer);
  bench.create(JobBench::spec("job"));
  CHECK(bench.await_end("job").status == JobStatus::completed);
  CHECK(bench.jobs().remove("job"));
  bench.create(JobBench::spec("job"));
  CHECK(bench.await_end("job").status == JobStatus::completed);
  while (bench.engine().container_count() != 0) {
    bench.clock().advance(std::chrono::seconds(1));
    std::this_thread::yield();
  }
  bench.check_nothing_left();
}

TEST_CASE("results wait for room on a full disk") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.write("/opt/ml/model/weights", "0.5");
                             return 0;
                           }));
  std::atomic<bool> full = true;
  bench.objects().set_fault([&](auto operation, const std::string&) -> std::optional<Error> {
    if (!full || operation != testing::MemoryStore::Operation::commit) return std::nullopt;
    return Error{ErrorKind::limit_exceeded, "no space left on device"};
  });
  bench.create(JobBench::spec("job"));
  const JobRecord waiting = bench.await_message("job", "Waiting for room to store the results");
  CHECK(waiting.secondary_status == SecondaryStatus::uploading);
  full = false;
  CHECK(bench.await_end("job").status == JobStatus::completed);
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));

  full = true;
  bench.create(JobBench::spec("unlucky"));
  bench.await_message("unlucky", "Waiting for room to store the results");
  bench.clock().advance(std::chrono::minutes(10));
  const JobRecord record = bench.await_end("unlucky");
  CHECK(record.status == JobStatus::failed);
  CHECK(record.failure_reason.find("no space left on device") != std::string::npos);
}

}  // namespace trainyard
