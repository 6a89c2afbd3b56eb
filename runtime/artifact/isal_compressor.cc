#include "runtime/artifact/chunk_compressor.h"

#ifdef TRAINYARD_HAVE_ISAL

#include <isa-l.h>

namespace trainyard {
namespace {

std::size_t level_buffer_size(int level) {
  switch (level) {
    case 1:
      return ISAL_DEF_LVL1_DEFAULT;
    case 2:
      return ISAL_DEF_LVL2_DEFAULT;
    default:
      return ISAL_DEF_LVL3_DEFAULT;
  }
}

class IsalCompressor final : public ChunkCompressor {
 public:
  explicit IsalCompressor(int level) : level_(level), level_buffer_(level_buffer_size(level)) {}

  Result<void> compress(std::span<const std::byte> input, std::vector<std::byte>& output) override {
    isal_deflate_init(&stream_);
    stream_.level = static_cast<std::uint32_t>(level_);
    stream_.level_buf = reinterpret_cast<std::uint8_t*>(level_buffer_.data());
    stream_.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
    stream_.flush = SYNC_FLUSH;
    // ISA-L's interface is not const-correct; it does not write to its input.
    stream_.next_in = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(input.data()));
    stream_.avail_in = static_cast<std::uint32_t>(input.size());
    output.resize(input.size() + input.size() / 8 + 1024);
    std::size_t produced = 0;
    for (;;) {
      stream_.next_out = reinterpret_cast<std::uint8_t*>(output.data() + produced);
      stream_.avail_out = static_cast<std::uint32_t>(output.size() - produced);
      if (isal_deflate(&stream_) != COMP_OK) {
        return failure(ErrorKind::internal, "ISA-L could not compress a chunk");
      }
      produced = output.size() - stream_.avail_out;
      if (stream_.avail_out != 0) break;
      output.resize(output.size() * 2);
    }
    output.resize(produced);
    return {};
  }

  std::uint32_t checksum(std::span<const std::byte> input) const override {
    return crc32_gzip_refl(0, reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }

 private:
  int level_;
  std::vector<std::byte> level_buffer_;
  isal_zstream stream_;
};

}  // namespace

std::unique_ptr<ChunkCompressor> make_isal_compressor(int level) {
  return std::make_unique<IsalCompressor>(level);
}

}  // namespace trainyard

#else

namespace trainyard {

std::unique_ptr<ChunkCompressor> make_isal_compressor(int) {
  return nullptr;
}

}  // namespace trainyard

#endif
