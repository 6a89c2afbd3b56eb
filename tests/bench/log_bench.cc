// From the Engine's frames to lines, and on into the log's file.

#include <benchmark/benchmark.h>

#include "runtime/log/log_store.h"
#include "tests/bench/require.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

constexpr std::int64_t line_count = 100'000;

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
  LogStore store(directory.path());
  int stream = 0;
  for (auto _ : state) {
    const auto writer = require(store.open_writer(fmt::format("{}/algo-1", stream++)));
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
  LogStore store(directory.path());
  const auto writer = require(store.open_writer("1/algo-1"));
  LineAssembler assembler;
  require(assemble_lines(assembler, [&](Time time, std::string_view line) -> Result<void> {
    writer->append(time, line);
    return {};
  }));
  require(writer->commit(assembler.position()));
  require(writer->flush());
  for (auto _ : state) {
    std::size_t bytes = 0;
    require(store.read("1/algo-1", [&](Time, std::string_view line) -> Result<void> {
      bytes += line.size();
      return {};
    }));
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * line_count);
}
BENCHMARK(log_read)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace trainyard
