// How a job's container gets to know its endpoint, and keeps it.

#include <mutex>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/job/container_plan.h"
#include "tests/support/job_bench.h"

namespace trainyard {

namespace {

using testing::FakeImage;
using testing::FakeRun;
using testing::JobBench;

class NotedEndpoint final : public JobEndpoint {
 public:
  Result<Access> open(const Caller& caller) override {
    const std::lock_guard lock(mutex_);
    if (!refusals_.empty()) {
      Error error = refusals_.back();
      refusals_.pop_back();
      return failure(std::move(error));
    }
    callers_.push_back(caller);
    open_.insert(caller.id);
    const std::string address =
        caller.address.empty() ? caller.subnet.address(1) + ":4748" : caller.address;
    return Access{address, {"key of " + caller.id, "secret of " + caller.id}};
  }
  void close(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    open_.erase(id);
  }
  void leave(const std::string&) override {}

  void refuse_next(Error error) { refusals_.push_back(std::move(error)); }
  std::vector<Caller> callers() const {
    const std::lock_guard lock(mutex_);
    return callers_;
  }
  std::set<std::string> open_doors() const {
    const std::lock_guard lock(mutex_);
    return open_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Caller> callers_;
  std::set<std::string> open_;
  std::vector<Error> refusals_;
};

FakeImage printing_environment() {
  FakeImage image;
  image.program = [](FakeRun& run) {
    for (const char* name : {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"}) {
      run.print(fmt::format("{}={}\n", name, run.environment(name).value_or("-")));
    }
    return 0;
  };
  return image;
}

struct Bench {
  NotedEndpoint endpoint;  // outlives the jobs
  JobBench jobs;

  Bench() {
    jobs.set_endpoint(&endpoint);
    jobs.restart();
    jobs.engine().add_image("image", printing_environment());
  }
};

std::vector<std::string> lines_with(const std::vector<std::string>& lines, const char* part) {
  std::vector<std::string> found;
  for (const std::string& line : lines) {
    if (line.find(part) != std::string::npos) found.push_back(line);
  }
  return found;
}

}  // namespace

TEST_CASE("a job's endpoint is open while its container runs, and closed afterwards") {
  Bench bench;
  std::set<std::string> while_running;
  FakeImage image;
  image.program = [&](FakeRun&) {
    while_running = bench.endpoint.open_doors();
    return 0;
  };
  bench.jobs.engine().add_image("image", image);
  bench.jobs.create(JobBench::spec("job"));
  CHECK(bench.jobs.await_end("job").status == JobStatus::completed);
  CHECK(while_running == std::set<std::string>{"job/1"});
  CHECK(bench.endpoint.open_doors().empty());
}

TEST_CASE("the container is told of it") {
  Bench bench;
  bench.jobs.create(JobBench::spec("job"));
  bench.jobs.await_end("job");
  const auto caller = bench.endpoint.callers().at(0);
  CHECK(bench.jobs.log("job") ==
        std::vector{fmt::format("AWS_ENDPOINT_URL=http://{}:4748", caller.subnet.address(1)),
                    std::string("AWS_ACCESS_KEY_ID=key of job/1")});
}

TEST_CASE("an isolated job has none") {
  Bench bench;
  JobSpec spec = JobBench::spec("job");
  spec.network_isolation = true;
  bench.jobs.create(spec);
  bench.jobs.await_end("job");
  CHECK(bench.endpoint.callers().empty());
  CHECK(bench.jobs.log("job") ==
        std::vector<std::string>{"AWS_ENDPOINT_URL=-", "AWS_ACCESS_KEY_ID=-"});
}

TEST_CASE("a job runs without an endpoint where none can be had, and its log says so") {
  Bench bench;
  bench.endpoint.refuse_next({ErrorKind::unsupported, "the Engine is far away"});
  bench.jobs.create(JobBench::spec("job"));
  CHECK(bench.jobs.await_end("job").status == JobStatus::completed);
  const auto lines = bench.jobs.log("job");
  CHECK(lines_with(lines, "the Engine is far away").size() == 1);
  CHECK(lines_with(lines, "AWS_ENDPOINT_URL=-").size() == 1);
}

TEST_CASE("a network that is gone is no reason to go without") {
  Bench bench;
  // Somebody removed the idle network, so that its gateway is no address of ours.
  bench.jobs.create(JobBench::spec("first"));
  bench.jobs.await_end("first");
  const auto networks = bench.jobs.engine().list_networks({}).value();
  for (const ResourceSummary& network : networks) {
    REQUIRE(bench.jobs.engine().remove_network(network.id));
  }
  bench.endpoint.refuse_next({ErrorKind::unsupported, "no such address"});
  bench.jobs.create(JobBench::spec("second"));
  CHECK(bench.jobs.await_end("second").status == JobStatus::completed);
  const auto lines = bench.jobs.log("second");
  CHECK(lines_with(lines, "no such address").empty());
  CHECK(lines_with(lines, "AWS_ENDPOINT_URL=http://").size() == 1);
}

TEST_CASE("a container that runs on finds its endpoint again after a restart of the daemon") {
  Bench bench;
  FakeImage image;
  image.program = testing::wait_for_sigterm(0);
  bench.jobs.engine().add_image("image", image);
  bench.jobs.create(JobBench::spec("job"));
  bench.jobs.await("job", SecondaryStatus::training);
  bench.jobs.stop();
  CHECK(bench.endpoint.open_doors().empty());
  const auto before = bench.endpoint.callers();
  bench.jobs.restart();
  while (bench.endpoint.open_doors().empty()) std::this_thread::yield();
  const auto after = bench.endpoint.callers();
  REQUIRE(after.size() == 2);
  CHECK(after[1].id == before[0].id);
  CHECK(after[1].network == before[0].network);
  CHECK(after[1].subnet == before[0].subnet);
  CHECK(after[1].address == before[0].subnet.address(1) + ":4748");
  REQUIRE(bench.jobs.jobs().stop("job"));
  bench.jobs.await_end("job");
  CHECK(bench.endpoint.open_doors().empty());
}

}  // namespace trainyard
