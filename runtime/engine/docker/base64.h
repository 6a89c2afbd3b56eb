#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trainyard {

// Base64 as the docker configuration file has it; nothing when the text is none.
std::optional<std::string> decode_base64(std::string_view text);

// The URL-safe alphabet, with padding: what the Engine expects in X-Registry-Auth.
std::string encode_base64_url(std::string_view bytes);

}  // namespace trainyard
