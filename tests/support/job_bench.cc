#include "tests/support/job_bench.h"

#include <functional>
#include <stdexcept>
#include <thread>

#include <doctest/doctest.h>

#include "runtime/job/container_plan.h"

namespace trainyard::testing {

namespace {

constexpr const char* data_directory_id = "0123456789abcdef";

}  // namespace

JobBench::JobBench(JobOptions options) : engine_(&clock_), objects_(clock_) {
  objects_.create_bucket("results");
  make(std::move(options));
}

JobBench::~JobBench() {
  stop();
}

JobOptions JobBench::default_options() {
  JobOptions options;
  // The clock runs far ahead of the programs: what heeds SIGTERM must not be killed before it can.
  options.stop_grace = std::chrono::hours(1);
  return options;
}

void JobBench::make(JobOptions options) {
  journal_ = std::move(SqliteJournal::open(directory_ / "jobs.db").value());
  metrics_ = std::move(MetricStore::open(directory_ / "metrics.db").value());
  logs_ =
      std::move(LogGroups::open(directory_ / "logs", clock_, std::chrono::milliseconds(1)).value());
  std::filesystem::create_directories(directory_ / "scratch");
  stager_ = std::make_unique<Stager>(engine_, objects_, roots_, clock_, directory_ / "scratch",
                                     options.staging);
  networks_ = std::make_unique<NetworkPool>(
      engine_, options.network_cidr, data_directory_labels(data_directory_id), "trainyard-test");
  trusted_roots_ =
      std::make_unique<TrustedRoots>(engine_, options.certificates, directory_ / "machine");
  site_.reset(new JobSite{clock_, engine_, *journal_, objects_, roots_, *logs_, *stager_,
                          *networks_, *metrics_, std::move(options), data_directory_id, endpoint_,
                          trusted_roots_.get()});
  supervisor_ = std::make_unique<Supervisor>(*site_);
  REQUIRE(supervisor_->start());
}

void JobBench::stop() {
  supervisor_.reset();
  site_.reset();
  trusted_roots_.reset();
  networks_.reset();
  stager_.reset();
  logs_.reset();
  metrics_.reset();
  journal_.reset();
}

void JobBench::restart(JobOptions options) {
  stop();
  make(std::move(options));
}

JobSpec JobBench::spec(const std::string& name, const std::string& image) {
  JobSpec spec;
  spec.name = name;
  spec.arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/" + name;
  spec.region = "us-east-1";
  spec.image = image;
  spec.output_uri = "s3://results/out";
  spec.instance_type = "local";
  return spec;
}

JobRecord JobBench::create(const JobSpec& spec) {
  auto record = supervisor_->create(spec, "{}", {});
  REQUIRE(record);
  return *record;
}

JobRecord JobBench::describe(const std::string& name) {
  auto record = supervisor_->describe(name);
  REQUIRE(record);
  return *record;
}

namespace {

// Time runs fast while a test waits.
JobRecord look_until(JobBench& bench, const std::string& name,
                     const std::function<bool(const JobRecord&)>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (;;) {
    JobRecord record = bench.describe(name);
    if (done(record)) return record;
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(fmt::format("job {} is {}: {}", name,
                                           to_string(record.secondary_status),
                                           record.transitions.back().message));
    }
    bench.clock().advance(std::chrono::milliseconds(5));
    std::this_thread::yield();
  }
}

}  // namespace

JobRecord JobBench::await(const std::string& name, SecondaryStatus status) {
  return look_until(*this, name,
                    [&](const JobRecord& record) { return record.secondary_status == status; });
}

JobRecord JobBench::await_end(const std::string& name) {
  return look_until(*this, name,
                    [](const JobRecord& record) { return is_terminal(record.status); });
}

JobRecord JobBench::await_message(const std::string& name, const std::string& text) {
  return look_until(*this, name, [&](const JobRecord& record) {
    return record.transitions.back().message.find(text) != std::string::npos;
  });
}

std::vector<std::string> JobBench::log(const std::string& name) {
  std::vector<std::string> lines;
  REQUIRE(supervisor_->read_log(name, [&](Time, std::string_view line) -> Result<void> {
    lines.emplace_back(line);
    return {};
  }));
  return lines;
}

void JobBench::check_nothing_left() {
  CHECK(engine_.container_count() == 0);
  CHECK(engine_.volume_count() == 0);
  CHECK(engine_.network_count() <= NetworkPool::idle_limit);
}

}  // namespace trainyard::testing
