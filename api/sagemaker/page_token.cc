#include "api/sagemaker/page_token.h"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr int version = 1;

// FNV-1a: the token is no secret, and the value must be the same in every build.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) {
    value ^= static_cast<unsigned char>(c);
    value *= 0x100000001b3;
  }
  return value;
}

std::string to_base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// Empty when `text` is not base64. Padding comes out as NUL bytes, which JSON does not end with.
std::string from_base64(std::string_view text) {
  std::string bytes(3 * (text.size() / 4) + 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  bytes.resize(static_cast<std::size_t>(std::max(length, 0)));
  while (bytes.ends_with('\0')) bytes.pop_back();
  return bytes;
}

bool has_our_form(const Json& token) {
  return token.is_object() && token.value("v", Json()) == version &&
         token.value("query", Json()).is_number_unsigned() &&
         token.value("key", Json()).is_string() && token.value("name", Json()).is_string();
}

}  // namespace

std::string to_page_token(const JobQuery::Position& position, std::string_view query) {
  const Json token{
      {"v", version}, {"query", hash(query)}, {"key", position.key}, {"name", position.name}};
  return to_base64(token.dump());
}

ApiResult<JobQuery::Position> from_page_token(std::string_view token, std::string_view query) {
  const Json json = Json::parse(from_base64(token), nullptr, /*allow_exceptions=*/false);
  if (!has_our_form(json)) {
    return failure(AwsError::validation("Invalid NextToken: it was not returned by this service."));
  }
  if (json["query"].get<std::uint64_t>() != hash(query)) {
    return failure(AwsError::validation(
        "Invalid NextToken: it belongs to a request with other filters or another order."));
  }
  return JobQuery::Position{json["key"].get<std::string>(), json["name"].get<std::string>()};
}

}  // namespace trainyard::api
