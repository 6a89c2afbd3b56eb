// From the Engine's frames to lines, and on into the log's file.

#include <benchmark/benchmark.h>

#include "runtime/log/log_store.h"
#include "runtime/metric/line_metrics.h"
#include "tests/bench/require.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

constexpr std::int64_t line_count = 100'000;

SystemClock clock;

// As a training script prints them, one frame a line, a thousand a second.
template <typename OnLine>
Result<void> assemble_lines(LineAssembler& assembler, const OnLine& on_line) {
  const std::string text = "epoch 17 step 123456 loss=0.123456 accuracy=0.987654 lr=1.0e-4\n";
  const LineAssembler::OnLine callback = on_line;
  for (std::int64_t i = 0; i < line_count; ++i) {
    LogFrame frame;
    frame.time = from_milliseconds(1'700'000'000'000 + i);
    frame.bytes = text;
    TRY_VOID(assembler.add(frame, callback));
  }
  return {};
}

void log_assemble(benchmark::State& state) {
  for (auto _ : state) {
    LineAssembler assembler;
    std::size_t bytes = 0;
    require(assemble_lines(assembler, [&](Time, std::string_view line) -> Result<void> {
      bytes += line.size();
      return {};
    }));
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * line_count);
}
BENCHMARK(log_assemble)->Unit(benchmark::kMillisecond);

void log_assemble_and_append(benchmark::State& state) {
  const testing::TempDir directory;
  LogStore store(directory.path(), clock);
  int stream = 0;
  for (auto _ : state) {
    const auto writer = require(store.open_writer(std::to_string(stream++)));
    LineAssembler assembler;
    require(assemble_lines(assembler, [&](Time time, std::string_view line) -> Result<void> {
      writer->append(time, line);
      return writer->commit(assembler.position());
    }));
    require(writer->flush());
  }
  state.SetItemsProcessed(state.iterations() * line_count);
}
BENCHMARK(log_assemble_and_append)->UseRealTime()->Unit(benchmark::kMillisecond);

void log_read(benchmark::State& state) {
  const testing::TempDir directory;
  LogStore store(directory.path(), clock);
  const auto writer = require(store.open_writer("1"));
  LineAssembler assembler;
  require(assemble_lines(assembler, [&](Time time, std::string_view line) -> Result<void> {
    writer->append(time, line);
    return {};
  }));
  require(writer->commit(assembler.position()));
  require(writer->flush());
  for (auto _ : state) {
    std::size_t bytes = 0;
    require(store.read("1", [&](Time, std::string_view line) -> Result<void> {
      bytes += line.size();
      return {};
    }));
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * line_count);
}
BENCHMARK(log_read)->Unit(benchmark::kMillisecond);

// One line against some definitions that are like those people write.
void log_search_metrics(benchmark::State& state) {
  std::vector<MetricDefinition> definitions;
  const char* const names[] = {"loss", "accuracy", "lr", "rmse"};
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const std::string name = names[static_cast<std::size_t>(i) % std::size(names)];
    definitions.push_back({name, name + "=([0-9.e+-]+)"});
  }
  LineMetrics metrics(definitions, [](const std::string&) {});
  const std::string_view line = "epoch 17 step 123456 loss=0.123456 accuracy=0.987654 lr=1.0e-4";
  double sum = 0;
  for (auto _ : state) {
    metrics.search(line, [&](const std::string&, double value) { sum += value; });
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(log_search_metrics)->Arg(4)->Arg(40);

// One page in the middle of a log of that many MiB: what it costs must not depend on the size.
void log_page(benchmark::State& state) {
  const testing::TempDir directory;
  LogStore store(directory.path(), clock);
  const std::string text(100, 'x');
  {
    const auto writer = require(store.open_writer("1"));
    std::vector<NewLogEvent> events;
    for (std::int64_t i = 0; i < state.range(0) * 9362; ++i) {
      events.push_back({from_milliseconds(1'700'000'000'000 + i), text});
      if (events.size() < 500) continue;
      require(writer->put(events));
      events.clear();
    }
  }
  const std::uint64_t middle = require(store.summary("1")).events / 2;
  const Time time = from_milliseconds(1'700'000'000'000 + static_cast<std::int64_t>(middle));
  for (auto _ : state) {
    LogReader reader = require(store.open_reader("1"));
    require(state.range(1) == 0 ? reader.seek_event(middle) : reader.seek_time(time));
    for (int i = 0; i < 1000; ++i) {
      benchmark::DoNotOptimize(
          require(state.range(1) == 2 ? reader.previous() : reader.next())->message.size());
    }
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(log_page)
    ->ArgNames({"MiB", "by"})
    ->ArgsProduct({{1, 64, 1024}, {0, 1, 2}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace trainyard
