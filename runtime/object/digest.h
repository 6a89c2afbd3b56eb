#pragma once

// Hashes and checksums of object bodies, by one interface. Used by one thread at a time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace trainyard {

enum class DigestAlgorithm { md5, sha1, sha256, crc32, crc32c, crc64nvme };

// S3's names of its checksum algorithms: CRC32, CRC32C, CRC64NVME, SHA1, SHA256, in any case.
std::optional<DigestAlgorithm> parse_checksum_algorithm(std::string_view name);
std::string_view to_string(DigestAlgorithm algorithm);

class Digest {
 public:
  virtual ~Digest() = default;
  virtual void update(std::span<const std::byte> bytes) = 0;
  // The digest as raw bytes, numbers big-endian. Once.
  virtual std::string finish() = 0;
};

std::unique_ptr<Digest> make_digest(DigestAlgorithm algorithm);

// The digest of one text.
std::string digest_of(DigestAlgorithm algorithm, std::string_view text);

// Is the digest of a whole computable from those of its parts?
bool is_combinable(DigestAlgorithm algorithm);
// For a combinable algorithm: raw digest of two texts one after the other.
std::string combine_digests(DigestAlgorithm algorithm, std::string_view first,
                            std::string_view second, std::uint64_t second_length);

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);
std::string to_base64(std::string_view bytes);
// Strict: whole groups of four with padding, nothing else.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace trainyard
