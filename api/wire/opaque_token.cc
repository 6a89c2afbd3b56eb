#include "api/wire/opaque_token.h"

#include "api/wire/bounded_json.h"
#include "runtime/object/digest.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// The longest of ours names a metric of thirty dimensions, each character of them escaped.
constexpr std::size_t longest_token = 512 * 1024;

}  // namespace

std::string to_opaque_token(const Json& content) {
  return to_base64(content.dump());
}

Json from_opaque_token(std::string_view token) {
  if (token.size() > longest_token) return Json(Json::value_t::discarded);
  return parse_bounded_json(from_base64(token).value_or(""));
}

const Json& token_member(const Json& token, const char* name) {
  static const Json none;
  const auto member = token.find(name);
  return member == token.end() ? none : *member;
}

std::string paged_request(Json request, const char* page_size) {
  request.erase("NextToken");
  request.erase(page_size);
  return request.dump();
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
