#include "runtime/job/supervisor.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <semaphore>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/store/sqlite.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/job_bench.h"

namespace trainyard {

namespace {

using testing::FakeImage;
using testing::FakeRun;
using testing::image_of;
using testing::JobBench;

using Lines = std::vector<std::string>;

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '|';
  return text;
}

std::vector<std::string> statuses(const JobRecord& record) {
  std::vector<std::string> names;
  for (const StatusTransition& t : record.transitions) names.emplace_back(to_string(t.status));
  return names;
}

}  // namespace

TEST_CASE("a job runs from its request to its model") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.print("learning\nlearned");
                             CHECK(run.environment("TRAINING_JOB_NAME") == "job");
                             CHECK(run.spec().command == Lines{"train"});
                             CHECK(run.spec().hostname == "algo-1");
                             CHECK(run.exists("/opt/ml/input/config/hyperparameters.json"));
                             run.write("/opt/ml/model/weights", "0.5");
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  const JobRecord record = bench.await_end("job");
  CHECK(record.failure_reason == "");
  CHECK(record.status == JobStatus::completed);
  CHECK(statuses(record) == Lines{"Starting", "Downloading", "Training", "Uploading", "Completed"});
  CHECK(joined(bench.log("job")) == "learning|learned|");
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));
  CHECK_FALSE(bench.objects().head("results", "out/job/output/output.tar.gz"));
  bench.check_nothing_left();
}

TEST_CASE("an exit code other than 0 is a failure, with what the container says about it") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.write("/opt/ml/output/failure", "no convergence");
                             run.write("/opt/ml/model/partial", "x");
                             return 9;
                           }));
  bench.engine().add_image("hungry", image_of([](FakeRun& run) {
                             run.run_out_of_memory();
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  const JobRecord record = bench.await_end("job");
  CHECK(record.status == JobStatus::failed);
  CHECK(record.failure_reason == "AlgorithmError: no convergence, exit code: 9");
  CHECK(statuses(record) == Lines{"Starting", "Downloading", "Training", "Uploading", "Failed"});
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));

  bench.create(JobBench::spec("hungry-job", "hungry"));
  CHECK(bench.await_end("hungry-job").failure_reason.find("out of memory") != std::string::npos);
  bench.check_nothing_left();
}

TEST_CASE("what keeps a job from starting is its reason to fail") {
  JobBench bench;
  FakeImage broken;
  broken.start_error = "exec: \"train\": executable file not found in $PATH";
  bench.engine().add_image("broken", broken);
  bench.create(JobBench::spec("no-image", "absent"));
  CHECK(bench.await_end("no-image").failure_reason.find("absent") != std::string::npos);
  bench.create(JobBench::spec("no-train", "broken"));
  const JobRecord record = bench.await_end("no-train");
  CHECK(record.failure_reason.find("executable file not found") != std::string::npos);
  CHECK(record.failure_reason.ends_with("exit code: 127"));
  CHECK(statuses(record) == Lines{"Starting", "Downloading", "Failed"});
  bench.check_nothing_left();
}

TEST_CASE("an image that is missing is pulled, and its progress shows") {
  std::map<std::string, std::string> messages;  // at the first call of a verb
  JobBench bench;
  FakeImage image;
  image.pull_progress = {"1 of 2 layers"};
  bench.engine().add_registry_image("image", image);
  bench.create(JobBench::spec("job", "absent"));
  bench.await_end("job");
  bench.engine().set_hook([&](const std::string& verb) {
    if (!verb.ends_with("_image")) return;
    messages.emplace(verb, bench.describe("pulled").transitions.back().message);
  });
  bench.create(JobBench::spec("pulled"));
  CHECK(bench.await_end("pulled").status == JobStatus::completed);
  CHECK(messages["inspect_image"] == "Downloading input data");
  CHECK(messages["pull_image"] == "Downloading the training image");
  bench.engine().set_hook({});

  JobOptions options = JobBench::default_options();
  options.pull = PullPolicy::never;
  bench.restart(options);
  bench.engine().add_registry_image("other");
  bench.create(JobBench::spec("forbidden", "other"));
  CHECK(bench.await_end("forbidden").failure_reason.find("--pull never") != std::string::npos);
}

TEST_CASE("a stop ends what is being prepared, however far it is") {
  for (const char* at : {"inspect_image", "pull_image", "create_network", "create_container",
                         "put_archive", "start_container"}) {
    CAPTURE(at);
    JobBench bench;
    bench.engine().add_registry_image("image");
    bench.engine().set_hook([&](const std::string& verb) {
      if (verb == at) bench.jobs().stop("job");
    });
    bench.create(JobBench::spec("job"));
    const JobRecord record = bench.await_end("job");
    CHECK(record.status == JobStatus::stopped);
    CHECK(statuses(record) == Lines{"Starting", "Downloading", "Stopping", "Stopped"});
    CHECK(record.failure_reason.empty());
    // Nothing further is begun; a step that is under way ends by itself.
    const auto calls = bench.engine().calls();
    if (std::string_view(at) != "start_container") {
      CHECK(std::count(calls.begin(), calls.end(), "start_container") == 0);
    }
    bench.check_nothing_left();
  }
}

TEST_CASE("a stop asks the container to end and keeps its results") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.write("/opt/ml/model/best", "so far");
                             CHECK(run.wait_for_signal() == "SIGTERM");
                             run.print("saving\n");
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  CHECK(bench.jobs().stop("job"));
  CHECK(bench.jobs().stop("job"));
  const JobRecord record = bench.await_end("job");
  CHECK(record.status == JobStatus::stopped);
  CHECK(statuses(record) ==
        Lines{"Starting", "Downloading", "Training", "Stopping", "Uploading", "Stopped"});
  CHECK(joined(bench.log("job")) == "saving|");
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));
  const auto again = bench.jobs().stop("job");
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::conflict);
  bench.check_nothing_left();
}

TEST_CASE("a stop that comes while results are stored lets them be stored") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.write("/opt/ml/model/weights", "0.5");
                             run.write("/opt/ml/output/data/plot", "p");
                             return 0;
                           }));
  std::atomic<bool> first = true;
  bench.engine().set_hook([&](const std::string& verb) {
    if (verb != "get_archive" || !first.exchange(false)) return;
    CHECK(bench.describe("job").secondary_status == SecondaryStatus::uploading);
    CHECK(bench.jobs().stop("job"));
    CHECK(bench.describe("job").status == JobStatus::stopping);
  });
  bench.create(JobBench::spec("job"));
  const JobRecord record = bench.await_end("job");
  CHECK_FALSE(first);
  CHECK(record.failure_reason == "");
  CHECK(record.status == JobStatus::stopped);
  CHECK(statuses(record) == Lines{"Starting", "Downloading", "Training", "Uploading", "Stopped"});
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));
  CHECK(bench.objects().head("results", "out/job/output/output.tar.gz"));
  bench.check_nothing_left();
}

TEST_CASE("a container that does not heed SIGTERM is killed when the grace is over") {
  JobOptions options = JobBench::default_options();
  options.stop_grace = std::chrono::seconds(5);
  JobBench bench(options);
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             while (run.wait_for_signal() != "SIGKILL") {
                             }
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  CHECK(bench.jobs().stop("job"));
  const JobRecord record = bench.await_end("job");
  CHECK(record.status == JobStatus::stopped);
  const auto& stopping = record.transitions[3];
  CHECK(*stopping.end - stopping.start >= std::chrono::seconds(5));
}

TEST_CASE("the time limit stops a job with a status of its own") {
  JobBench bench;
  bench.engine().add_image("image", image_of(testing::wait_for_sigterm(1)));
  JobSpec spec = JobBench::spec("job");
  spec.max_runtime = std::chrono::seconds(100);
  bench.create(spec);
  bench.await("job", SecondaryStatus::training);
  bench.clock().advance(std::chrono::seconds(101));
  const JobRecord record = bench.await_end("job");
  CHECK(record.status == JobStatus::stopped);
  CHECK(record.secondary_status == SecondaryStatus::max_runtime_exceeded);
}

TEST_CASE("jobs wait for a free host in the order they came, and can be stopped while they wait") {
  JobOptions options = JobBench::default_options();
  options.max_instances = 1;
  JobBench bench(options);
  bench.engine().add_image("image", image_of(testing::wait_for_sigterm(0)));
  bench.create(JobBench::spec("first"));
  bench.create(JobBench::spec("second"));
  bench.create(JobBench::spec("third"));
  bench.await("first", SecondaryStatus::training);
  CHECK(bench.describe("second").transitions.back().message.starts_with("Waiting for a free host"));
  CHECK(bench.jobs().stop("second"));
  CHECK(bench.describe("second").status == JobStatus::stopped);
  CHECK(bench.describe("third").secondary_status == SecondaryStatus::starting);
  CHECK(bench.jobs().stop("first"));
  bench.await("third", SecondaryStatus::training);
  CHECK(bench.jobs().stop("third"));
  bench.await_end("third");

  JobSpec wide = JobBench::spec("wide");
  wide.instance_count = 2;
  const auto refused = bench.jobs().create(wide, "{}", {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::limit_exceeded);
  bench.check_nothing_left();
}

TEST_CASE("jobs wait for an Engine that is away, but not for ever") {
  JobBench bench;
  bench.engine().add_image("image");
  bench.engine().set_available(false);
  bench.create(JobBench::spec("patient"));
  bench.await_message("patient", "Waiting for the Docker Engine");
  bench.engine().set_available(true);
  CHECK(bench.await_end("patient").status == JobStatus::completed);

  bench.engine().set_available(false);
  bench.create(JobBench::spec("lost"));
  bench.await_message("lost", "Waiting for the Docker Engine");
  bench.clock().advance(std::chrono::seconds(300));
  // Cleaning up does not wait for the Engine once more.
  const JobRecord record = bench.await_end("lost");
  CHECK(record.failure_reason.find("has been away for 300 seconds") != std::string::npos);
  CHECK(record.failure_reason.find("trainyard doctor") != std::string::npos);
  CHECK(record.failure_reason.find("--engine-wait") != std::string::npos);
  CHECK(*record.training_end_time - record.creation_time < std::chrono::seconds(400));
}

TEST_CASE("an Engine that goes away while a job trains costs it nothing") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.print("one\n");
                             CHECK(run.wait_for_signal() == "SIGTERM");
                             run.print("two\n");
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  bench.engine().set_available(false);
  CHECK(bench.jobs().stop("job"));
  bench.await_message("job", "Waiting for the Docker Engine");
  bench.engine().set_available(true);
  CHECK(bench.await_end("job").status == JobStatus::stopped);
  CHECK(joined(bench.log("job")) == "one|two|");
  bench.check_nothing_left();
}

TEST_CASE("a running container is found again after a restart, with its whole log") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.print("before\n");
                             CHECK(run.wait_for_signal() == "SIGTERM");
                             run.print("after\n");
                             run.write("/opt/ml/model/m", "x");
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  bench.stop();
  CHECK(bench.engine().container_count() == 1);
  bench.restart();
  CHECK(bench.describe("job").secondary_status == SecondaryStatus::training);
  CHECK(bench.jobs().stop("job"));
  CHECK(bench.await_end("job").status == JobStatus::stopped);
  CHECK(joined(bench.log("job")) == "before|after|");
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));
  bench.check_nothing_left();
}

TEST_CASE("a container that ended while no daemon ran is collected with the Engine's times") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.wait_for_signal();
                             run.print("the end\n");
                             run.write("/opt/ml/model/m", "x");
                             return 0;
                           }));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  const std::string container = bench.engine().container_ids().front();
  bench.stop();
  CHECK(bench.engine().signal_container(container, "SIGTERM"));
  bench.engine().wait_until_exited(container);
  const Time ended = bench.engine().inspect_container(container)->finished_at;
  bench.clock().advance(std::chrono::hours(1));
  bench.restart();
  const JobRecord record = bench.await_end("job");
  CHECK(record.status == JobStatus::completed);
  CHECK(record.transitions[2].end == ended);
  CHECK(joined(bench.log("job")) == "the end|");
  bench.check_nothing_left();
}

TEST_CASE("whatever the Engine refuses, a job ends and leaves nothing") {
  for (const char* verb :
       {"create_container", "put_archive", "start_container", "create_network", "inspect_image"}) {
    CAPTURE(verb);
    JobBench bench;
    bench.engine().add_image("image");
    bench.engine().fail_next(verb, {ErrorKind::internal, "broken"}, 1);
    bench.create(JobBench::spec("job"));
    const JobRecord record = bench.await_end("job");
    CHECK(record.status == JobStatus::failed);
    CHECK(record.failure_reason.find("broken") != std::string::npos);
    // It has a class as the service's reasons have.
    CHECK(classified(record.failure_reason, "none: ") == record.failure_reason);
    bench.check_nothing_left();
  }
}

TEST_CASE("whichever reply of the Engine is lost, a job ends well and leaves nothing") {
  for (const char* verb :
       {"create_container", "put_archive", "start_container", "create_network", "inspect_image",
        "inspect_container", "get_archive", "remove_container", "signal_container"}) {
    CAPTURE(verb);
    JobBench bench;
    bench.engine().add_image("image", image_of([](FakeRun& run) {
                               run.write("/opt/ml/model/m", "x");
                               return 0;
                             }));
    bench.engine().lose_next_reply(verb);
    bench.create(JobBench::spec("job"));
    CHECK(bench.await_end("job").status == JobStatus::completed);
    bench.restart();
    bench.check_nothing_left();
  }
}

TEST_CASE("a container that was started runs on while the journal cannot be written") {
  JobBench bench;
  bench.engine().add_image("image", image_of(testing::wait_for_sigterm(0)));
  auto database = Database::open(bench.journal_file(), Database::Sync::normal);
  REQUIRE(database);
  REQUIRE(
      database->execute("CREATE TRIGGER full BEFORE INSERT ON events "
                        "WHEN new.kind = 'training_started' "
                        "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"));
  bench.create(JobBench::spec("job"));
  // Only a job that waits for its journal waits by the clock here.
  bench.clock().await_waiters(1);
  const auto containers = bench.engine().container_ids();
  REQUIRE(containers.size() == 1);
  REQUIRE(database->execute("DROP TRIGGER full"));
  bench.await("job", SecondaryStatus::training);
  CHECK(bench.engine().container_ids() == containers);
  CHECK(bench.jobs().stop("job"));
  CHECK(bench.await_end("job").status == JobStatus::stopped);
  bench.check_nothing_left();
}

TEST_CASE("a container that somebody removes is named as the reason, also while it is stopped") {
  JobBench bench;
  bench.engine().add_image("image", image_of(testing::wait_for_sigterm(0)));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  const std::string container = bench.engine().container_ids().front();
  bench.engine().set_hook([&](const std::string& verb) {
    if (verb == "signal_container") CHECK(bench.engine().remove_container(container));
  });
  CHECK(bench.jobs().stop("job"));
  CHECK(bench.await_end("job").failure_reason ==
        "InternalServerError: the training container is gone: somebody removed it");
  bench.check_nothing_left();
}

TEST_CASE("a container that is removed before its results are stored is named as the reason") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.write("/opt/ml/model/weights", "w");
                             return 0;
                           }));
  // Once when nothing was read yet, once when the model was.
  for (const int reads : {0, 1}) {
    CAPTURE(reads);
    int seen = 0;
    bench.engine().set_hook([&](const std::string& verb) {
      if (verb != "get_archive" || seen++ != reads) return;
      for (const std::string& id : bench.engine().container_ids()) {
        CHECK(bench.engine().remove_container(id));
      }
    });
    const std::string name = fmt::format("job-{}", reads);
    bench.create(JobBench::spec(name));
    CHECK(bench.await_end(name).failure_reason ==
          "InternalServerError: the training container is gone: somebody removed it");
    bench.engine().set_hook({});
  }
}

TEST_CASE("scratch files of jobs that are no more go when the Engine is reached") {
  JobBench bench;
  bench.stop();
  const auto left = bench.scratch() / "dead-job" / "train";
  std::filesystem::create_directories(left);
  bench.restart();
  while (std::filesystem::exists(left.parent_path())) std::this_thread::yield();
}

TEST_CASE("what is kept for debugging goes with its job") {
  JobOptions options = JobBench::default_options();
  options.keep = KeepPolicy::failed;
  JobBench bench(options);
  bench.engine().add_image("good");
  bench.engine().add_image("bad", image_of([](FakeRun&) { return 1; }));
  bench.create(JobBench::spec("fine", "good"));
  bench.await_end("fine");
  CHECK(bench.engine().container_count() == 0);
  bench.create(JobBench::spec("broken", "bad"));
  bench.await_end("broken");
  CHECK(bench.engine().container_count() == 1);
  bench.restart(options);
  CHECK(bench.engine().container_count() == 1);
  CHECK(bench.jobs().remove("broken"));
  // By a thread of its own; one that is stopped before would leave it for the next start.
  while (bench.engine().container_count() + bench.engine().volume_count() > 0) {
    std::this_thread::yield();
  }
  bench.stop();
  bench.check_nothing_left();
}

TEST_CASE("what was kept of a job is not in the way of another of its name") {
  JobOptions options = JobBench::default_options();
  options.keep = KeepPolicy::always;
  JobBench bench(options);
  bench.engine().add_image("image", image_of([](FakeRun&) { return 1; }));
  bench.create(JobBench::spec("job"));
  CHECK(bench.await_end("job").failure_reason == "AlgorithmError: , exit code: 1");
  const auto listings = [&] {
    const auto calls = bench.engine().calls();
    return std::count(calls.begin(), calls.end(), "list_containers");
  };
  const auto before = listings();
  bench.engine().fail_next("list_containers", {ErrorKind::internal, "no sweeping today"});
  CHECK(bench.jobs().remove("job"));
  while (listings() == before) std::this_thread::yield();
  bench.engine().add_image("image");
  bench.create(JobBench::spec("job"));
  CHECK(bench.await_end("job").status == JobStatus::completed);
  CHECK(bench.engine().container_count() == 1);
}

TEST_CASE("a cleared supervisor knows no job, and the Engine holds nothing of any") {
  JobOptions options = JobBench::default_options();
  options.max_instances = 2;
  options.keep = KeepPolicy::always;
  JobBench bench(options);
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.print("working\n");
                             while (run.wait_for_signal() != "SIGKILL") {
                             }
                             return 0;
                           }));
  bench.engine().add_image("short");
  bench.create(JobBench::spec("ended", "short"));
  bench.await_end("ended");
  bench.create(JobBench::spec("running"));
  bench.await("running", SecondaryStatus::training);
  bench.create(JobBench::spec("stopping"));
  bench.await("stopping", SecondaryStatus::training);
  CHECK(bench.jobs().stop("stopping"));
  bench.create(JobBench::spec("waiting"));

  CHECK(bench.jobs().clear(std::chrono::seconds(10)).done);
  CHECK(bench.jobs().list({})->jobs.empty());
  for (const char* name : {"ended", "running", "stopping", "waiting"}) {
    CHECK(bench.jobs().describe(name).error().kind == ErrorKind::not_found);
  }
  bench.check_nothing_left();

  // The names are free, the hosts too.
  bench.create(JobBench::spec("running", "short"));
  bench.create(JobBench::spec("ended", "short"));
  CHECK(bench.await_end("running").status == JobStatus::completed);
  CHECK(bench.await_end("ended").status == JobStatus::completed);
  CHECK(joined(bench.log("running")).empty());
  CHECK(bench.jobs().clear(std::chrono::seconds(10)).done);
  bench.check_nothing_left();
}

TEST_CASE("jobs go on when clearing them took too long") {
  JobOptions options = JobBench::default_options();
  options.max_instances = 1;
  JobBench bench(options);
  std::atomic<int> running = 0;
  std::atomic<int> most_running = 0;
  bench.engine().add_image("image", image_of([&](FakeRun& run) {
                             most_running = std::max(most_running.load(), ++running);
                             while (run.wait_for_signal() != "SIGTERM") {
                             }
                             --running;
                             return 0;
                           }));
  std::binary_semaphore reached(0);
  std::binary_semaphore go_on(0);
  std::atomic<bool> first = true;
  bench.engine().set_hook([&](const std::string& called) {
    if (called != "create_container" || !first.exchange(false)) return;
    reached.release();
    go_on.acquire();
  });
  bench.create(JobBench::spec("working"));
  reached.acquire();
  bench.create(JobBench::spec("waiting"));
  Supervisor::Cleared cleared;
  std::atomic<bool> done = false;
  std::thread clearing([&] {
    cleared = bench.jobs().clear(std::chrono::seconds(10));
    done = true;
  });
  while (!done) {
    bench.clock().advance(std::chrono::milliseconds(100));
    std::this_thread::yield();
  }
  clearing.join();
  CHECK_FALSE(cleared.forgotten);
  REQUIRE_FALSE(cleared.done);
  CHECK(cleared.done.error().kind == ErrorKind::timed_out);
  CHECK(bench.describe("waiting").transitions.back().message.starts_with("Waiting for a free"));

  // The one that has the host keeps it.
  go_on.release();
  bench.await("working", SecondaryStatus::training);
  CHECK(bench.describe("waiting").transitions.back().message.starts_with("Waiting for a free"));
  for (const char* job : {"working", "waiting"}) {
    bench.await(job, SecondaryStatus::training);
    CHECK(bench.jobs().stop(job));
    CHECK(bench.await_end(job).status == JobStatus::stopped);
  }
  CHECK(most_running == 1);
  CHECK(bench.jobs().clear(std::chrono::seconds(10)).done);
  bench.check_nothing_left();
}

TEST_CASE("a job whose store is told of the daemon's end first waits for its own") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.write("/opt/ml/model/weights", "0.5");
                             return 0;
                           }));
  std::atomic<int> attempts = 0;
  std::binary_semaphore reached(0);
  bench.objects().set_fault([&](auto operation, const std::string&) -> std::optional<Error> {
    if (operation != testing::MemoryStore::Operation::put) return std::nullopt;
    if (attempts++ == 0) reached.release();
    return Error{ErrorKind::cancelled, "the object store is being stopped"};
  });
  bench.create(JobBench::spec("job"));
  while (!reached.try_acquire()) {
    bench.clock().advance(std::chrono::milliseconds(5));
    std::this_thread::yield();
  }
  // Is remembered, and does not end the phase.
  CHECK(bench.jobs().stop("job"));
  bench.stop();
  CHECK(attempts == 1);
  bench.objects().set_fault({});
  bench.restart();
  CHECK(bench.await_end("job").status == JobStatus::stopped);
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));
  bench.check_nothing_left();
}

TEST_CASE("what an earlier daemon kept is cleared too") {
  JobOptions options = JobBench::default_options();
  options.keep = KeepPolicy::always;
  JobBench bench(options);
  bench.engine().add_image("image");
  bench.create(JobBench::spec("job"));
  bench.await_end("job");
  bench.restart(options);
  CHECK(bench.engine().container_count() == 1);
  CHECK(bench.jobs().clear(std::chrono::seconds(10)).done);
  bench.check_nothing_left();
}

TEST_CASE("jobs are forgotten also when the Engine refuses to remove what they left") {
  JobOptions options = JobBench::default_options();
  options.keep = KeepPolicy::always;
  JobBench bench(options);
  bench.engine().add_image("image");
  bench.create(JobBench::spec("job"));
  bench.await_end("job");
  // The job's own thread and the sweep of the start may try it before.
  bench.engine().fail_next("remove_container", {ErrorKind::internal, "the disk is on fire"}, 3);
  const auto cleared = bench.jobs().clear(std::chrono::seconds(10));
  CHECK(cleared.forgotten);
  REQUIRE_FALSE(cleared.done);
  CHECK(cleared.done.error().kind == ErrorKind::internal);
  CHECK(cleared.done.error().message.find("the disk is on fire") != std::string::npos);
  CHECK(bench.jobs().list({})->jobs.empty());
  CHECK(bench.engine().container_count() == 1);
  while (!bench.jobs().clear(std::chrono::seconds(10)).done) {
  }
  bench.check_nothing_left();
}

TEST_CASE("clearing tells that the Engine is away, and what was left goes when it is back") {
  JobBench bench;
  // Nothing of ours is in it, so it need not answer; nor when another daemon has run here before.
  bench.engine().set_available(false);
  CHECK(bench.jobs().clear(std::chrono::seconds(10)).done);
  bench.restart();
  CHECK(bench.jobs().clear(std::chrono::seconds(10)).done);
  bench.engine().set_available(true);

  bench.engine().add_image("image", image_of(testing::wait_for_sigterm(0)));
  bench.create(JobBench::spec("job"));
  bench.await("job", SecondaryStatus::training);
  bench.engine().set_available(false);
  const auto cleared = bench.jobs().clear(std::chrono::seconds(10));
  CHECK(cleared.forgotten);
  REQUIRE_FALSE(cleared.done);
  CHECK(cleared.done.error().kind == ErrorKind::unavailable);
  CHECK(bench.jobs().list({})->jobs.empty());
  CHECK(bench.engine().container_count() == 1);
  bench.engine().set_available(true);
  CHECK(bench.jobs().clear(std::chrono::seconds(10)).done);
  bench.check_nothing_left();
}

TEST_CASE("who watches a job learns that it is gone, by a clearing or a deletion") {
  JobOptions options = JobBench::default_options();
  options.max_instances = 1;
  JobBench bench(options);
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             while (run.wait_for_signal() != "SIGKILL") {
                             }
                             return 0;
                           }));
  bench.engine().add_image("short");
  std::atomic<int> told_of_ended = 0;
  std::atomic<int> told_of_running = 0;
  std::atomic<int> told_of_waiting = 0;
  bench.create(JobBench::spec("ended", "short"));
  bench.await_end("ended");
  const auto of_ended = bench.jobs().watch("Ended", [&](const auto&) { ++told_of_ended; });
  CHECK(bench.jobs().remove("ended"));
  CHECK(told_of_ended == 1);

  bench.create(JobBench::spec("running"));
  bench.await("running", SecondaryStatus::training);
  bench.create(JobBench::spec("waiting"));
  const auto of_running = bench.jobs().watch("running", [&](const auto&) { ++told_of_running; });
  const auto of_waiting = bench.jobs().watch("waiting", [&](const auto&) { ++told_of_waiting; });
  CHECK(bench.jobs().clear(std::chrono::seconds(10)).done);
  CHECK(told_of_running == 1);
  CHECK(told_of_waiting == 1);
}

TEST_CASE("jobs that are being prepared are cleared too, whatever the Engine is doing") {
  for (const char* verb :
       {"create_container", "put_archive", "start_container", "create_network"}) {
    CAPTURE(verb);
    JobBench bench;
    bench.engine().add_image("image", image_of(testing::wait_for_sigterm(0)));
    std::binary_semaphore reached(0);
    std::binary_semaphore go_on(0);
    std::atomic<bool> first = true;
    bench.engine().set_hook([&](const std::string& called) {
      if (called != verb || !first.exchange(false)) return;
      reached.release();
      go_on.acquire();
    });
    bench.create(JobBench::spec("job"));
    reached.acquire();
    Supervisor::Cleared cleared;
    std::thread clearing([&] { cleared = bench.jobs().clear(std::chrono::seconds(10)); });
    const auto refused = [&] {
      const auto late = bench.jobs().create(JobBench::spec("late"), "{}", {});
      return !late && late.error().kind == ErrorKind::unavailable;
    };
    while (!refused()) std::this_thread::yield();
    go_on.release();
    clearing.join();
    CHECK(cleared.done);
    CHECK(bench.jobs().list({})->jobs.empty());
    bench.check_nothing_left();
  }
}

TEST_CASE("a job can be removed when it has ended, and its name is free again") {
  JobBench bench;
  bench.engine().add_image("image", image_of(testing::wait_for_sigterm(0)));
  bench.create(JobBench::spec("job"));
  CHECK(bench.jobs().create(JobBench::spec("JOB"), "{}", {}).error().kind ==
        ErrorKind::already_exists);
  CHECK(bench.jobs().remove("job").error().kind == ErrorKind::conflict);
  CHECK(bench.jobs().stop("job"));
  bench.await_end("job");
  CHECK(bench.jobs().remove("job"));
  CHECK(bench.jobs().describe("job").error().kind == ErrorKind::not_found);
  bench.create(JobBench::spec("job"));
  CHECK(bench.jobs().stop("job"));
  bench.await_end("job");
}

TEST_CASE("a log outlives its job until another of its name begins") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             run.print("line");
                             return 0;
                           }));
  const auto streams = [&] {
    const auto group = bench.logs().catalog().find_group(std::string(training_log_group));
    REQUIRE(group);
    return bench.logs().catalog().list_streams(group->id, {}).value();
  };
  bench.create(JobBench::spec("job"));
  bench.await_end("job");
  REQUIRE(streams().size() == 1);
  const std::int64_t first = streams().front().id;
  CHECK(bench.jobs().remove("job"));
  CHECK(streams().size() == 1);
  bench.create(JobBench::spec("job"));
  bench.await_end("job");
  REQUIRE(streams().size() == 1);
  CHECK(streams().front().id != first);
  CHECK(streams().front().name.starts_with("job/algo-1-"));
  CHECK(joined(bench.log("job")) == "line|");
}

TEST_CASE("a log that cannot be kept costs a job neither its result nor its end") {
  JobBench bench;
  bench.engine().add_image("image", image_of([](FakeRun& run) {
                             for (int i = 0; i < 1000; ++i)
                               run.print(std::string(3000, 'x') + '\n');
                             run.write("/opt/ml/model/weights", "0.5");
                             return 0;
                           }));
  const testing::FileSizeLimit limit(1024 * 1024);
  bench.create(JobBench::spec("job"));
  while (!is_terminal(bench.describe("job").status)) {
    bench.clock().advance(std::chrono::milliseconds(100));
    std::this_thread::yield();
  }
  const JobRecord record = bench.describe("job");
  CHECK(record.failure_reason == "");
  CHECK(record.status == JobStatus::completed);
  CHECK(bench.objects().head("results", "out/job/output/model.tar.gz"));
  const auto lines = bench.log("job").size();
  CHECK(lines > 300);
  CHECK(lines < 1000);
  bench.check_nothing_left();
}

TEST_CASE("idle networks are shared by jobs and go when the daemon stops") {
  JobBench bench;
  bench.engine().add_image("image");
  for (const char* name : {"a", "b"}) {
    bench.create(JobBench::spec(name));
    bench.await_end(name);
    CHECK(bench.engine().network_count() == 1);
  }
  bench.stop();
  CHECK(bench.engine().network_count() == 0);
}

}  // namespace trainyard
