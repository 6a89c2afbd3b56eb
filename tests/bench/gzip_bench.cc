// Throughput of the gzip sink over what a model is made of (floats near zero) and over text.

#include <cstring>
#include <random>

#include <benchmark/benchmark.h>

#include "runtime/artifact/gzip_sink.h"

namespace trainyard {
namespace {

constexpr std::size_t input_bytes = 64 << 20;

class NullSink final : public ByteSink {
 public:
  Result<void> write(std::span<const std::byte> bytes) override {
    total += bytes.size();
    return {};
  }
  std::uint64_t total = 0;
};

const std::string& weights() {
  static const std::string text = [] {
    std::mt19937 random(1);
    std::normal_distribution<float> weight(0.0F, 0.02F);
    std::string bytes(input_bytes, '\0');
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
      const float value = weight(random);
      std::memcpy(bytes.data() + at, &value, sizeof value);
    }
    return bytes;
  }();
  return text;
}

const std::string& log_text() {
  static const std::string text = [] {
    std::mt19937 random(2);
    std::string lines;
    while (lines.size() < input_bytes) {
      lines += fmt::format("step {} loss={:.6f} accuracy={:.4f}\n", lines.size(),
                           static_cast<double>(random() % 1000000) / 1e6,
                           static_cast<double>(random() % 10000) / 1e4);
    }
    return lines;
  }();
  return text;
}

void compress(benchmark::State& state, const std::string& input,
              const GzipSink::CompressorFactory& make) {
  std::uint64_t compressed = 0;
  for (auto _ : state) {
    NullSink below;
    GzipSink gzip(below, static_cast<std::size_t>(state.range(0)), make);
    for (std::size_t at = 0; at < input.size(); at += stream_buffer_bytes) {
      (void)gzip.write(as_bytes(std::string_view(input).substr(at, stream_buffer_bytes)));
    }
    (void)gzip.finish();
    compressed = below.total;
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input.size()));
  state.counters["ratio"] = static_cast<double>(compressed) / static_cast<double>(input.size());
}

void isal_weights(benchmark::State& state) {
  compress(state, weights(),
           [&] { return make_isal_compressor(static_cast<int>(state.range(1))); });
}
void isal_text(benchmark::State& state) {
  compress(state, log_text(),
           [&] { return make_isal_compressor(static_cast<int>(state.range(1))); });
}
void zlib_weights(benchmark::State& state) {
  compress(state, weights(), [] { return make_zlib_compressor(1); });
}
void zlib_text(benchmark::State& state) {
  compress(state, log_text(), [] { return make_zlib_compressor(1); });
}

BENCHMARK(isal_weights)
    ->ArgNames({"workers", "level"})
    ->ArgsProduct({{1, 2}, {1, 2}})
    ->UseRealTime();
BENCHMARK(isal_text)->ArgNames({"workers", "level"})->ArgsProduct({{1, 2}, {1, 2}})->UseRealTime();
BENCHMARK(zlib_weights)->ArgName("workers")->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK(zlib_text)->ArgName("workers")->Arg(1)->Arg(2)->UseRealTime();

}  // namespace
}  // namespace trainyard
