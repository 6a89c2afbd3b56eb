#include "runtime/artifact/gzip_sink.h"

#include <algorithm>
#include <array>
#include <new>
#include <thread>

#include <zlib.h>

namespace trainyard {
namespace {

// No name, no time, unknown system: nothing that would differ between two runs.
constexpr std::array<unsigned char, 10> gzip_header = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};

// A last block without content: ends the deflate stream after any number of chunks.
constexpr std::array<unsigned char, 2> end_of_stream = {0x03, 0x00};

std::array<unsigned char, 8> trailer(std::uint32_t checksum, std::uint64_t total_bytes) {
  std::array<unsigned char, 8> bytes{};
  for (std::size_t at = 0; at < 4; ++at) {
    bytes[at] = static_cast<unsigned char>(checksum >> (8 * at));
    bytes[4 + at] = static_cast<unsigned char>(total_bytes >> (8 * at));
  }
  return bytes;
}

}  // namespace

std::size_t default_gzip_workers() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

std::unique_ptr<ChunkCompressor> make_default_compressor() {
  if (auto compressor = make_isal_compressor(1)) return compressor;
  return make_zlib_compressor(1);
}

GzipSink::GzipSink(ByteSink& below, std::size_t workers, const CompressorFactory& make_compressor)
    : below_(below),
      compressors_(std::max<std::size_t>(workers, 1)),
      chunks_(2 * compressors_.size() + 1),
      workers_("gzip", compressors_.size()) {
  for (auto& chunk : chunks_) chunk.input.reserve(chunk_bytes);
  for (auto& compressor : compressors_) compressor = make_compressor();
  bool any = false;
  for (auto& compressor : compressors_) {
    any |= workers_.spawn([this, &compressor](std::stop_token stop) { work(*compressor, stop); });
  }
  // Nobody would ever take a chunk, and the writer would wait for ever.
  if (!any) error_ = Error{ErrorKind::limit_exceeded, "the system has no thread left to compress"};
}

GzipSink::~GzipSink() {
  workers_.request_stop();
  workers_.join();
}

void GzipSink::work(ChunkCompressor& compressor, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return taken_ < submitted_; })) {
    if (stop.stop_requested()) return;
    Chunk& chunk = chunks_[taken_++ % chunks_.size()];
    lock.unlock();
    chunk.checksum = compressor.checksum(chunk.input);
    try {
      if (auto done = compressor.compress(chunk.input, chunk.output); !done) {
        chunk.error = std::move(done).error();
      }
    } catch (const std::bad_alloc&) {
      // The writer waits for this chunk: it must come back whatever happens.
      chunk.error = Error{ErrorKind::limit_exceeded, "out of memory while compressing"};
    }
    lock.lock();
    chunk.compressed = true;
    changed_.notify_all();
  }
}

Result<void> GzipSink::put(std::span<const std::byte> bytes) {
  auto written = below_.write(bytes);
  if (!written) error_ = written.error();
  return written;
}

Result<void> GzipSink::write(std::span<const std::byte> bytes) {
  if (error_) return failure(*error_);
  if (finished_) return failure(ErrorKind::internal, "a finished gzip stream was written to");
  while (!bytes.empty()) {
    auto& input = chunks_[submitted_ % chunks_.size()].input;
    const std::size_t count = std::min(bytes.size(), chunk_bytes - input.size());
    input.insert(input.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (input.size() < chunk_bytes) break;
    submit();
    if (submitted_ - passed_on_ == chunks_.size()) TRY_VOID(pass_on_oldest());
  }
  return {};
}

void GzipSink::submit() {
  const std::lock_guard lock(mutex_);
  ++submitted_;
  changed_.notify_all();
}

Result<void> GzipSink::pass_on_oldest() {
  Chunk& chunk = chunks_[passed_on_ % chunks_.size()];
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return chunk.compressed; });
    chunk.compressed = false;
  }
  ++passed_on_;
  if (chunk.error) {
    error_ = chunk.error;
    return failure(*error_);
  }
  if (!began_) {
    began_ = true;
    TRY_VOID(put(std::as_bytes(std::span(gzip_header))));
  }
  checksum_ = static_cast<std::uint32_t>(
      crc32_combine(checksum_, chunk.checksum, static_cast<z_off_t>(chunk.input.size())));
  total_bytes_ += chunk.input.size();
  TRY_VOID(put(chunk.output));
  chunk.input.clear();
  return {};
}

Result<void> GzipSink::finish() {
  if (error_) return failure(*error_);
  if (finished_) return {};
  finished_ = true;
  if (!chunks_[submitted_ % chunks_.size()].input.empty()) submit();
  while (passed_on_ < submitted_) TRY_VOID(pass_on_oldest());
  if (!began_) TRY_VOID(put(std::as_bytes(std::span(gzip_header))));
  TRY_VOID(put(std::as_bytes(std::span(end_of_stream))));
  const auto end = trailer(checksum_, total_bytes_);
  return put(std::as_bytes(std::span(end)));
}

}  // namespace trainyard
