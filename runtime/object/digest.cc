#include "runtime/object/digest.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

#include <openssl/evp.h>

#include "runtime/base/stream.h"
#include "runtime/object/crc.h"

namespace trainyard {

namespace {

constexpr std::array<std::pair<DigestAlgorithm, std::string_view>, 6> algorithm_names = {{
    {DigestAlgorithm::md5, "MD5"},
    {DigestAlgorithm::sha1, "SHA1"},
    {DigestAlgorithm::sha256, "SHA256"},
    {DigestAlgorithm::crc32, "CRC32"},
    {DigestAlgorithm::crc32c, "CRC32C"},
    {DigestAlgorithm::crc64nvme, "CRC64NVME"},
}};

template <typename Word>
std::string big_endian(Word word) {
  std::string bytes(sizeof(Word), '\0');
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, word >>= 8) {
    *byte = static_cast<char>(word & 0xff);
  }
  return bytes;
}

template <typename Word>
Word from_big_endian(std::string_view bytes) {
  Word word = 0;
  for (const char byte : bytes)
    word = static_cast<Word>(word << 8) | static_cast<unsigned char>(byte);
  return word;
}

class OpensslDigest final : public Digest {
 public:
  explicit OpensslDigest(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    // Fails only where the library is built or configured without the algorithm.
    if (!context_ || EVP_DigestInit_ex(context_.get(), algorithm, nullptr) != 1) {
      throw std::runtime_error("OpenSSL does not provide a digest that S3 needs");
    }
  }
  void update(std::span<const std::byte> bytes) override {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  std::string finish() override {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), &size);
    digest.resize(size);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

template <typename Word, Word (*check)(Word, std::span<const std::byte>)>
class CrcDigest final : public Digest {
 public:
  void update(std::span<const std::byte> bytes) override { crc_ = check(crc_, bytes); }
  std::string finish() override { return big_endian(crc_); }

 private:
  Word crc_ = 0;
};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<DigestAlgorithm> parse_checksum_algorithm(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const auto& [algorithm, text] : algorithm_names) {
    if (text == upper && algorithm != DigestAlgorithm::md5) return algorithm;
  }
  return std::nullopt;
}

std::string_view to_string(DigestAlgorithm algorithm) {
  return std::find_if(algorithm_names.begin(), algorithm_names.end(),
                      [&](const auto& entry) { return entry.first == algorithm; })
      ->second;
}

std::unique_ptr<Digest> make_digest(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::md5:
      return std::make_unique<OpensslDigest>(EVP_md5());
    case DigestAlgorithm::sha1:
      return std::make_unique<OpensslDigest>(EVP_sha1());
    case DigestAlgorithm::sha256:
      return std::make_unique<OpensslDigest>(EVP_sha256());
    case DigestAlgorithm::crc32:
      return std::make_unique<CrcDigest<std::uint32_t, crc32>>();
    case DigestAlgorithm::crc32c:
      return std::make_unique<CrcDigest<std::uint32_t, crc32c>>();
    case DigestAlgorithm::crc64nvme:
      return std::make_unique<CrcDigest<std::uint64_t, crc64nvme>>();
  }
  throw std::logic_error("a digest algorithm without an implementation");
}

std::string digest_of(DigestAlgorithm algorithm, std::string_view text) {
  const auto digest = make_digest(algorithm);
  digest->update(as_bytes(text));
  return digest->finish();
}

bool is_combinable(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::crc32 || algorithm == DigestAlgorithm::crc32c ||
         algorithm == DigestAlgorithm::crc64nvme;
}

std::string combine_digests(DigestAlgorithm algorithm, std::string_view first,
                            std::string_view second, std::uint64_t second_length) {
  switch (algorithm) {
    case DigestAlgorithm::crc32:
      return big_endian(crc32_combine(from_big_endian<std::uint32_t>(first),
                                      from_big_endian<std::uint32_t>(second), second_length));
    case DigestAlgorithm::crc32c:
      return big_endian(crc32c_combine(from_big_endian<std::uint32_t>(first),
                                       from_big_endian<std::uint32_t>(second), second_length));
    case DigestAlgorithm::crc64nvme:
      return big_endian(crc64nvme_combine(from_big_endian<std::uint64_t>(first),
                                          from_big_endian<std::uint64_t>(second), second_length));
    default:
      throw std::logic_error("digests of this algorithm cannot be combined");
  }
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP ends it with a NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty()) return std::string();
  const auto is_digit = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/';
  };
  const std::size_t digits = text.size() - (text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0);
  // EVP_DecodeBlock forgives spaces around the text; a checksum must be exact.
  if (text.size() % 4 != 0 ||
      !std::all_of(text.begin(), text.begin() + static_cast<long>(digits), is_digit)) {
    return std::nullopt;
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - (text.size() - digits));
  return bytes;
}

}  // namespace trainyard
