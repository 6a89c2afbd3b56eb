#pragma once

// Compresses what is written into it on worker threads and passes one ordinary gzip member on.
//
// The input is cut into chunks of a fixed size. Each is compressed on its own and joined in order,
// so the output does not depend on the number of workers or on how the input was cut into writes.
// Memory is bounded by a fixed number of chunks under way: a writer that is ahead waits.
//
// Used by one thread, which alone writes to the sink below; that sink must outlive this object. The
// first error stays: every later call returns it. The workers belong to the object and have ended
// when it is destroyed.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "runtime/artifact/chunk_compressor.h"
#include "runtime/base/result.h"
#include "runtime/base/stream.h"
#include "runtime/base/task_group.h"

namespace trainyard {

// Four, or the number of processors when that is smaller.
std::size_t default_gzip_workers();

// The fastest compressor that this program was built with.
std::unique_ptr<ChunkCompressor> make_default_compressor();

class GzipSink final : public ByteSink {
 public:
  using CompressorFactory = std::function<std::unique_ptr<ChunkCompressor>()>;
  static constexpr std::size_t chunk_bytes = 1024 * 1024;

  explicit GzipSink(ByteSink& below, std::size_t workers = default_gzip_workers(),
                    const CompressorFactory& make_compressor = make_default_compressor);
  ~GzipSink() override;
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;

  Result<void> write(std::span<const std::byte> bytes) override;
  // Passes the rest and the trailer on. Does not finish the sink below.
  Result<void> finish();

 private:
  // One chunk on its way around: filled by the writer, compressed by a worker, passed on in order.
  struct Chunk {
    std::vector<std::byte> input;
    std::vector<std::byte> output;
    std::uint32_t checksum = 0;
    std::optional<Error> error;
    bool compressed = false;
  };

  void work(ChunkCompressor& compressor, std::stop_token stop);
  void submit();
  Result<void> pass_on_oldest();
  Result<void> put(std::span<const std::byte> bytes);

  ByteSink& below_;
  std::vector<std::unique_ptr<ChunkCompressor>> compressors_;
  std::vector<Chunk> chunks_;  // a ring; absolute numbers below, taken modulo its size
  std::uint64_t passed_on_ = 0;
  std::uint32_t checksum_ = 0;
  std::uint64_t total_bytes_ = 0;
  std::optional<Error> error_;
  bool began_ = false;
  bool finished_ = false;

  std::mutex mutex_;  // of the two counters below and of Chunk::compressed
  std::condition_variable_any changed_;
  std::uint64_t submitted_ = 0;
  std::uint64_t taken_ = 0;

  TaskGroup workers_;  // last: its threads end before anything they use
};

}  // namespace trainyard
