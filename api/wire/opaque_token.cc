#include "api/wire/opaque_token.h"

#include "runtime/object/digest.h"

namespace trainyard::api {

using Json = nlohmann::json;

std::string to_opaque_token(const Json& content) {
  return to_base64(content.dump());
}

Json from_opaque_token(std::string_view token) {
  return Json::parse(from_base64(token).value_or(""), nullptr, /*allow_exceptions=*/false);
}

// FNV-1a: the token is no secret.
std::uint64_t request_hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) {
    value ^= static_cast<unsigned char>(c);
    value *= 0x100000001b3;
  }
  return value;
}

}  // namespace trainyard::api
