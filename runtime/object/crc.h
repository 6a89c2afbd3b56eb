#pragma once

// The cyclic redundancy checks of S3: CRC-32 (zlib's), CRC-32C (Castagnoli) and CRC-64/NVME. All
// three are reflected, begin and end inverted, and continue like zlib's crc32: the check of the
// empty text is 0, and `crc` is the check of the bytes before.

#include <cstddef>
#include <cstdint>
#include <span>

namespace trainyard {

std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes);
std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes);
std::uint64_t crc64nvme(std::uint64_t crc, std::span<const std::byte> bytes);

// The check of two texts one after the other, from the checks of both and the length of the second.
std::uint32_t crc32_combine(std::uint32_t first, std::uint32_t second, std::uint64_t second_length);
std::uint32_t crc32c_combine(std::uint32_t first, std::uint32_t second,
                             std::uint64_t second_length);
std::uint64_t crc64nvme_combine(std::uint64_t first, std::uint64_t second,
                                std::uint64_t second_length);

}  // namespace trainyard
