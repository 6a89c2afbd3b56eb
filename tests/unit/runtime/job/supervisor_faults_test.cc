#include <atomic>
#include <thread>

#include <doctest/doctest.h>
#include <pthread.h>

#include "runtime/job/supervisor.h"
#include "tests/support/job_bench.h"

// What jobs survive: single bad answers of the Engine, a full disk, what an earlier job left.

namespace trainyard {

namespace {

using testing::FakeRun;
using testing::image_of;
using testing::JobBench;

const Error bad_answer{ErrorKind::internal, "the Engine has stumbled"};

// While it lives, the machine gives no thread.
class NoThreads {
 public:
  NoThreads() {
    REQUIRE(pthread_getattr_default_np(&before_) == 0);
    pthread_attr_t huge;
    REQUIRE(pthread_getattr_default_np(&huge) == 0);
    REQUIRE(pthread_attr_setstacksize(&huge, std::size_t{1} << 60) == 0);
    REQUIRE(pthread_setattr_default_np(&huge) == 0);
    pthread_attr_destroy(&huge);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t before_;
};

// Trains until it is asked to stop, and has a model then.
testing::FakeImage stoppable_image() {
  return image_of([](FakeRun& run) {
    CHECK(run.wait_for_signal() == "SIGTERM");
    run.write("/opt/ml/model/weights", "0.5");
    return 0;
  });
}

testing::FakeImage image_with_model() {
  return image_of([](FakeRun& run) {
    run.write("/opt/ml/model/weights", "0.5");
    return 0;
  });
}

}  // namespace

TEST_CASE("one bad answer about a container that runs costs the job nothing") {
  JobBench bench;
  bench.engine().add_image("image", stoppable_image());
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
  std::atomic<bool> full = true;
  std::atomic<bool> stopped = false;
  JobBench bench;
  bench.engine().add_image("image", image_with_model());
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

  // One that was stopped before that was known waits too.
  bench.engine().set_hook([&](const std::string& verb) {
    if (verb == "get_archive" && !stopped.exchange(true)) CHECK(bench.jobs().stop("stopped"));
  });
  bench.create(JobBench::spec("stopped"));
  bench.await_message("stopped", "Waiting for room to store the results");
  full = false;
  CHECK(bench.await_end("stopped").status == JobStatus::stopped);
  full = true;

  // Whoever wants no more to wait stops the job.
  bench.create(JobBench::spec("given-up"));
  bench.await_message("given-up", "Waiting for room to store the results");
  CHECK(bench.jobs().stop("given-up"));
  CHECK(bench.await_end("given-up").status == JobStatus::failed);
  bench.check_nothing_left();
}

TEST_CASE("one bad answer about its log leaves a job its live log") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.print("one\n");
                             CHECK(run.wait_for_signal() == "SIGTERM");
                             return 0;
                           }));
  bench.engine().fail_next("read_logs", bad_answer, 2);
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  while (bench.log("job").empty()) {
    bench.clock().advance(std::chrono::milliseconds(10));
    std::this_thread::yield();
  }
  CHECK(bench.log("job") == std::vector<std::string>{"one"});
  CHECK(bench.jobs().stop("job"));
  CHECK(bench.await_end("job").status == JobStatus::stopped);
}

TEST_CASE("whose fault it is that a job cannot begin is told") {
  struct Case {
    const char* verb;
    ErrorKind kind;
    const char* begins;
  };
  for (const Case& c :
       {Case{"inspect_image", ErrorKind::invalid_argument, "ClientError: image is no name of an"},
        Case{"create_network", ErrorKind::internal, "InternalServerError: the job has no network"},
        Case{"create_network", ErrorKind::limit_exceeded, "CapacityError: "}}) {
    CAPTURE(c.verb);
    JobBench bench;
    bench.engine().add_image("image");
    bench.engine().fail_next(c.verb, {c.kind, "broken"});
    bench.create(JobBench::spec("job"));
    const std::string reason = bench.await_end("job").failure_reason;
    CAPTURE(reason);
    CHECK(reason.starts_with(c.begins));
    bench.check_nothing_left();
  }
}

TEST_CASE("one bad answer when results are collected costs none of them") {
  JobBench bench;
  bench.engine().add_image("image", image_with_model());
  bench.engine().fail_next("get_archive", bad_answer, 2);
  bench.create(JobBench::spec("job"));
  CHECK(bench.await_end("job").status == JobStatus::completed);
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));

  bench.engine().fail_next("get_archive", bad_answer, 1'000'000);
  bench.create(JobBench::spec("unlucky"));
  bench.await_message("unlucky", "The results are about to be stored once more");
  bench.clock().advance(std::chrono::minutes(5));
  const JobRecord record = bench.await_end("unlucky");
  CHECK(record.status == JobStatus::failed);
  CHECK(record.failure_reason.find("the Engine has stumbled") != std::string::npos);
  bench.check_nothing_left();
}

TEST_CASE("a container that was started is found again through bad answers") {
  for (const Error& error :
       {Error{ErrorKind::unavailable, "the Engine is away"}, Error(bad_answer)}) {
    CAPTURE(error.message);
    std::atomic<bool> started = false;
    JobBench bench;
    bench.engine().add_image("image", stoppable_image());
    bench.engine().set_hook([&](const std::string& verb) {
      if (verb != "start_container" || started.exchange(true)) return;
      bench.engine().lose_next_reply("start_container", error);
      for (const char* next : {"inspect_container", "list_containers"}) {
        bench.engine().fail_next(next, bad_answer, 2);
      }
    });
    bench.create(JobBench::spec("job"));
    bench.await("job", SecondaryStatus::training);
    CHECK(bench.engine().container_count() == 1);
    CHECK(bench.jobs().stop("job"));
    CHECK(bench.await_end("job").status == JobStatus::stopped);
    CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));
    bench.check_nothing_left();
  }
}

TEST_CASE("a container that cannot be asked to stop is killed") {
  JobOptions options = JobBench::default_options();
  options.engine_wait = std::chrono::seconds(0);
  options.stop_grace = std::chrono::seconds(5);
  JobBench bench(options);
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             CHECK(run.wait_for_signal() == "SIGKILL");
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  bench.engine().fail_next("signal_container", bad_answer);
  CHECK(bench.jobs().stop("job"));
  CHECK(bench.await_end("job").status == JobStatus::stopped);
  bench.check_nothing_left();
}

TEST_CASE("a job for which the machine has no thread begins when it has one") {
  JobBench bench;
  bench.engine().add_image("image");
  {
    const NoThreads limit;
    bench.create(JobBench::spec("job"));
    bench.clock().advance(std::chrono::seconds(3));
    CHECK(bench.describe("job").secondary_status == SecondaryStatus::starting);
  }
  CHECK(bench.await_end("job").status == JobStatus::completed);
  bench.check_nothing_left();
}

TEST_CASE("what is left while leftovers are being removed is removed too") {
  std::atomic<int> removals = 0;
  std::atomic<bool> stopped = false;
  JobBench bench;
  bench.engine().add_image("image");
  // The clock runs so far ahead here that it may be killed for its slowness.
  bench.engine().add_image("stoppable", image_of([](FakeRun& run) {
                             run.wait_for_signal();
                             return 0;
                           }));
  bench.create(JobBench::spec("late", "stoppable"));
  bench.await("late", SecondaryStatus::training);
  bench.engine().fail_next("remove_container", bad_answer);
  bench.engine().set_hook([&](const std::string& verb) {
    if (verb == "remove_container") ++removals;
    // In a sweep that has looked through the containers and removed the first leftover.
    if (verb != "list_volumes" || removals != 2 || stopped.exchange(true)) return;
    bench.engine().fail_next("remove_container", bad_answer);
    CHECK(bench.jobs().stop("late"));
    bench.await_end("late");
  });
  bench.create(JobBench::spec("early"));
  bench.await_end("early");
  while (bench.engine().container_count() != 0) {
    bench.clock().advance(std::chrono::seconds(1));
    std::this_thread::yield();
  }
  bench.check_nothing_left();
}

TEST_CASE("an exception on a job's thread loses neither the job nor its network") {
  std::atomic<bool> thrown = false;
  JobBench bench;
  bench.engine().add_image("image", image_with_model());
  bench.engine().set_hook([&](const std::string& verb) {
    if (verb == "start_container" && !thrown.exchange(true)) throw std::bad_alloc();
  });
  bench.create(JobBench::spec("job"));
  CHECK(bench.await_end("job").status == JobStatus::completed);
  while (bench.engine().network_count() > 1) {
    bench.clock().advance(std::chrono::seconds(1));
    std::this_thread::yield();
  }
  bench.check_nothing_left();
}

}  // namespace trainyard
