#include <stdexcept>

#include <zlib.h>

#include "runtime/artifact/chunk_compressor.h"

namespace trainyard {
namespace {

class ZlibCompressor final : public ChunkCompressor {
 public:
  explicit ZlibCompressor(int level) {
    constexpr int raw_window_bits = -15;
    constexpr int memory_level = 8;
    if (deflateInit2(&stream_, level, Z_DEFLATED, raw_window_bits, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~ZlibCompressor() override { deflateEnd(&stream_); }
  ZlibCompressor(const ZlibCompressor&) = delete;
  ZlibCompressor& operator=(const ZlibCompressor&) = delete;

  Result<void> compress(std::span<const std::byte> input, std::vector<std::byte>& output) override {
    deflateReset(&stream_);
    // zlib's interface is not const-correct; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    // Room for what cannot be compressed and for the flush; never reached a second time.
    output.resize(deflateBound(&stream_, static_cast<uLong>(input.size())) + 64);
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    stream_.avail_out = static_cast<uInt>(output.size());
    if (deflate(&stream_, Z_SYNC_FLUSH) != Z_OK || stream_.avail_in != 0 ||
        stream_.avail_out == 0) {
      return failure(ErrorKind::internal, "zlib could not compress a chunk");
    }
    output.resize(output.size() - stream_.avail_out);
    return {};
  }

  std::uint32_t checksum(std::span<const std::byte> input) const override {
    return static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(input.data()), input.size()));
  }

 private:
  z_stream stream_{};
};

}  // namespace

std::unique_ptr<ChunkCompressor> make_zlib_compressor(int level) {
  return std::make_unique<ZlibCompressor>(level);
}

}  // namespace trainyard
