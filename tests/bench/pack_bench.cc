// From a directory to model.tar.gz: DirectoryTree, tar and the gzip sink. The tree is that of
// TRAINYARD_BENCH_TREE, or one made here that looks like a small model.

#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>

#include <benchmark/benchmark.h>

#include "runtime/artifact/directory_tree.h"
#include "runtime/artifact/pack.h"
#include "tests/bench/require.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

class CountingSink final : public ByteSink {
 public:
  Result<void> write(std::span<const std::byte> bytes) override {
    count_ += bytes.size();
    return {};
  }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

// Weights as a trained layer has them: normally distributed float32.
std::string weights(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> distribution(0.0F, 0.02F);
  std::vector<float> values(count);
  for (float& value : values) value = distribution(random);
  return std::string(as_text(std::as_bytes(std::span(values))));
}

class ModelTree {
 public:
  ModelTree() {
    if (const char* given = std::getenv("TRAINYARD_BENCH_TREE")) {
      path_ = given;
      return;
    }
    made_ = std::make_unique<testing::TempDir>();
    path_ = made_->path().string();
    const std::string layer = weights(4 << 20);
    for (int i = 0; i < 8; ++i) {
      testing::write_file(*made_ / fmt::format("layers/{}.bin", i), layer);
    }
    testing::write_file(*made_ / "config.json", R"({"layers": 8, "type": "float32"})");
  }
  const std::string& path() const { return path_; }

 private:
  std::unique_ptr<testing::TempDir> made_;
  std::string path_;
};

const ModelTree& model_tree() {
  static const ModelTree tree;
  return tree;
}

void pack_model(benchmark::State& state) {
  const std::string& path = model_tree().path();
  std::int64_t packed = 0;
  CountingSink sink;
  for (auto _ : state) {
    DirectoryTree tree(path);
    Notices notices([](const std::string&) {});
    PackOptions options;
    if (state.range(0) > 0) options.workers = static_cast<std::size_t>(state.range(0));
    const auto entries =
        pack_tree(tree, [&]() -> Result<ByteSink*> { return &sink; }, notices, options, {});
    if (!entries) return state.SkipWithError(entries.error().message.c_str());
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) packed += static_cast<std::int64_t>(entry.file_size());
  }
  state.SetBytesProcessed(state.iterations() * packed);
  state.counters["ratio"] = static_cast<double>(sink.count()) /
                            static_cast<double>(state.iterations()) / static_cast<double>(packed);
}
// Workers; 0: as many as the daemon takes.
BENCHMARK(pack_model)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace trainyard
