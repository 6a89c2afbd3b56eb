#pragma once

// Tokens that clients only carry: JSON in base64, so that they hold after a restart of the daemon.

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace trainyard::api {

std::string to_opaque_token(const nlohmann::json& content);

// A discarded value (is_discarded()) when the token is not one of ours.
nlohmann::json from_opaque_token(std::string_view token);

// That member; null where the token has none, or is no object.
const nlohmann::json& token_member(const nlohmann::json& token, const char* name);

// What a page's token holds for: the request without its place and the size of a page.
std::string paged_request(nlohmann::json request, const char* page_size);

// A short form of the request that a token was made for; the same in every build.
std::uint64_t request_hash(std::string_view request);

}  // namespace trainyard::api
