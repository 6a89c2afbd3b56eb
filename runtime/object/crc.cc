#include "runtime/object/crc.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include <zlib.h>
#ifdef TRAINYARD_HAVE_ISAL
#include <isa-l/crc.h>
#endif

namespace trainyard {

namespace {

// Polynomials with their bits reversed.
constexpr std::uint32_t polynomial_32 = 0xEDB88320;
constexpr std::uint64_t polynomial_64nvme = 0x9A6C9329AC4BC9B5;
constexpr std::uint32_t polynomial_32c = 0x82F63B78;

template <typename Word, Word polynomial>
struct Slices {
  // table[n][b]: what byte b does to the check when n more bytes follow it.
  std::array<std::array<Word, 256>, 8> table{};

  constexpr Slices() {
    for (unsigned byte = 0; byte < 256; ++byte) {
      Word word = byte;
      for (int bit = 0; bit < 8; ++bit) {
        word = (word & 1) != 0 ? (word >> 1) ^ polynomial : word >> 1;
      }
      table[0][byte] = word;
    }
    for (std::size_t slice = 1; slice < 8; ++slice) {
      for (std::size_t byte = 0; byte < 256; ++byte) {
        const Word word = table[slice - 1][byte];
        table[slice][byte] = (word >> 8) ^ table[0][word & 0xff];
      }
    }
  }
};

// Eight bytes a step ("slicing by 8").
template <typename Word, Word polynomial>
Word sliced_crc(Word crc, std::span<const std::byte> bytes) {
  static constexpr Slices<Word, polynomial> slices;
  const auto& table = slices.table;
  Word word = ~crc;
  if constexpr (std::endian::native == std::endian::little) {
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
      std::uint64_t next;
      std::memcpy(&next, bytes.data(), sizeof next);
      next ^= word;
      word = 0;
      for (std::size_t byte = 0; byte < 8; ++byte) {
        word ^= table[7 - byte][(next >> (8 * byte)) & 0xff];
      }
    }
  }
  for (const std::byte byte : bytes) {
    word = (word >> 8) ^ table[0][(word ^ std::to_integer<Word>(byte)) & 0xff];
  }
  return ~word;
}

// a * b modulo the polynomial, coefficients with the highest bit first.
template <typename Word, Word polynomial>
Word multiply(Word a, Word b) {
  Word product = 0;
  for (Word bit = Word{1} << (std::numeric_limits<Word>::digits - 1); bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ polynomial : b >> 1;
  }
  return product;
}

template <typename Word, Word polynomial>
Word combine(Word first, Word second, std::uint64_t second_length) {
  // `first` has to be shifted past the second text: times x^(8 * length), by repeated squaring.
  constexpr int digits = std::numeric_limits<Word>::digits;
  Word shift = Word{1} << (digits - 1);      // x^0
  Word power = Word{1} << (digits - 1 - 8);  // x^8
  for (; second_length != 0; second_length >>= 1) {
    if ((second_length & 1) != 0) shift = multiply<Word, polynomial>(shift, power);
    power = multiply<Word, polynomial>(power, power);
  }
  return multiply<Word, polynomial>(shift, first) ^ second;
}

}  // namespace

std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes) {
#ifdef TRAINYARD_HAVE_ISAL
  constexpr std::size_t most = std::numeric_limits<int>::max();
  std::uint32_t word = ~crc;
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), most);
    // Its parameter is not const; it only reads.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(bytes.data()));
    word = ::crc32_iscsi(data, static_cast<int>(count), word);
    bytes = bytes.subspan(count);
  }
  return ~word;
#else
  return sliced_crc<std::uint32_t, polynomial_32c>(crc, bytes);
#endif
}

std::uint64_t crc64nvme(std::uint64_t crc, std::span<const std::byte> bytes) {
  return sliced_crc<std::uint64_t, polynomial_64nvme>(crc, bytes);
}

std::uint32_t crc32_combine(std::uint32_t first, std::uint32_t second,
                            std::uint64_t second_length) {
  return combine<std::uint32_t, polynomial_32>(first, second, second_length);
}

std::uint32_t crc32c_combine(std::uint32_t first, std::uint32_t second,
                             std::uint64_t second_length) {
  return combine<std::uint32_t, polynomial_32c>(first, second, second_length);
}

std::uint64_t crc64nvme_combine(std::uint64_t first, std::uint64_t second,
                                std::uint64_t second_length) {
  return combine<std::uint64_t, polynomial_64nvme>(first, second, second_length);
}

}  // namespace trainyard
