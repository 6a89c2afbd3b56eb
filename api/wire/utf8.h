#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trainyard::api {

// Takes the first character off `text`: its code point, or nothing (and one byte taken) where the
// bytes are not UTF-8. `text` is not empty.
std::optional<char32_t> take_code_point(std::string_view& text);

bool is_utf8(std::string_view text);

// The text with U+FFFD for every byte that is not UTF-8.
std::string valid_utf8(std::string_view text);

}  // namespace trainyard::api
