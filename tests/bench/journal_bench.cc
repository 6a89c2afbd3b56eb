// The journal in SQLite: what a job's step costs (a commit that is synced), and what looking at
// jobs costs.

#include <memory>

#include <benchmark/benchmark.h>

#include "runtime/store/sqlite_journal.h"
#include "tests/bench/require.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

constexpr int listed_jobs = 1000;

JobState accepted_job(int number) {
  JobSpec spec;
  spec.name = fmt::format("job-{:06}", number);
  spec.arn = "arn:aws:sagemaker:us-east-1:123456789012:training-job/" + spec.name;
  spec.image = "image:1";
  spec.output_uri = "s3://bucket/out";
  for (int i = 0; i < 20; ++i) spec.hyperparameters[fmt::format("parameter-{}", i)] = "0.001";
  JobEvent accepted;
  accepted.time = from_milliseconds(1'700'000'000'000 + number);
  return begin_history(spec, std::string(2000, 'x'), accepted);
}

JobEvent event_of(JobEvent::Kind kind, Time time) {
  JobEvent event;
  event.kind = kind;
  event.time = time;
  return event;
}

struct JournalBench {
  std::unique_ptr<testing::TempDir> directory = std::make_unique<testing::TempDir>();
  std::unique_ptr<SqliteJournal> journal = require(SqliteJournal::open(*directory / "jobs.db"));

  // Adds a job and lets it live its whole life.
  Result<void> add_finished(int number) {
    JobState state = accepted_job(number);
    TRY(const JobId id, journal->add(state, {}));
    for (const auto kind : {JobEvent::Kind::preparation_started, JobEvent::Kind::training_started,
                            JobEvent::Kind::container_ended, JobEvent::Kind::artifacts_stored,
                            JobEvent::Kind::finished}) {
      const JobEvent event = event_of(kind, state.record.creation_time);
      TRY_VOID(apply(state, event));
      TRY_VOID(journal->append(id, event, state));
    }
    return {};
  }
};

JournalBench& full_journal() {
  static JournalBench bench = [] {
    JournalBench made;
    for (int i = 0; i < listed_jobs; ++i) require(made.add_finished(i));
    return made;
  }();
  return bench;
}

void journal_whole_life(benchmark::State& state) {
  JournalBench bench;
  int number = 0;
  for (auto _ : state) {
    require(bench.add_finished(number++));
  }
  state.counters["commits/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 6, benchmark::Counter::kIsRate);
}
BENCHMARK(journal_whole_life)->UseRealTime()->Unit(benchmark::kMicrosecond);

void journal_find(benchmark::State& state) {
  JournalBench& bench = full_journal();
  int number = 0;
  for (auto _ : state) {
    const std::string name = fmt::format("job-{:06}", number++ % listed_jobs);
    benchmark::DoNotOptimize(require(bench.journal->find(name)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(journal_find)->Unit(benchmark::kMicrosecond);

void journal_list(benchmark::State& state) {
  JournalBench& bench = full_journal();
  JobQuery query;
  query.limit = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(require(bench.journal->list(query)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(journal_list)->Arg(10)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace trainyard
