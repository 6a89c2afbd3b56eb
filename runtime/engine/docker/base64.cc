#include "runtime/engine/docker/base64.h"

#include <algorithm>
#include <vector>

#include <openssl/evp.h>

#include "runtime/object/digest.h"

namespace trainyard {

std::optional<std::string> decode_base64(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  if (text.size() % 4 != 0) return std::nullopt;
  std::vector<unsigned char> bytes(text.size() / 4 * 3 + 1);
  const int count =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (count < 0) return std::nullopt;
  // EVP_DecodeBlock counts what the padding stands for as NUL bytes.
  const auto padding =
      std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '=');
  return std::string(bytes.begin(), bytes.begin() + (count - padding));
}

std::string encode_base64_url(std::string_view bytes) {
  std::string text = to_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

}  // namespace trainyard
