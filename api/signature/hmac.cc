#include "api/signature/hmac.h"

#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "runtime/object/digest.h"

namespace trainyard::api {

namespace {

std::string hmac(const EVP_MD* algorithm, std::string_view key, std::string_view text) {
  std::string code(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  const auto* const made = ::HMAC(algorithm, key.data(), static_cast<int>(key.size()),
                                  reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                                  reinterpret_cast<unsigned char*>(code.data()), &size);
  if (made == nullptr) throw std::runtime_error("OpenSSL does not provide a digest for signatures");
  code.resize(size);
  return code;
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  return hmac(EVP_sha256(), key, text);
}

std::string hmac_sha1(std::string_view key, std::string_view text) {
  return hmac(EVP_sha1(), key, text);
}

std::string sha256_hex(std::string_view text) {
  return to_hex(digest_of(DigestAlgorithm::sha256, text));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace trainyard::api
