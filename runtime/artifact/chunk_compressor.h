#pragma once

// Compresses one chunk on its own: the part of a gzip sink that differs between libraries.
// A compressor is used by one thread at a time; the sink makes one for each worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/base/result.h"

namespace trainyard {

class ChunkCompressor {
 public:
  virtual ~ChunkCompressor() = default;
  // Replaces `output` by raw deflate blocks that hold `input`, do not refer to earlier chunks, do
  // not end the stream, and end on a byte boundary, so that chunks can be joined. The bytes depend
  // on the input only.
  virtual Result<void> compress(std::span<const std::byte> input,
                                std::vector<std::byte>& output) = 0;
  // The CRC-32 of gzip.
  virtual std::uint32_t checksum(std::span<const std::byte> input) const = 0;
};

// `level`: 1 to 9.
std::unique_ptr<ChunkCompressor> make_zlib_compressor(int level);

// `level`: 1 to 3. Null where the program was built without ISA-L.
std::unique_ptr<ChunkCompressor> make_isal_compressor(int level);

}  // namespace trainyard
