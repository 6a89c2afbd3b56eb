#pragma once

// Is a name text? S3 keys must be UTF-8; file names are any bytes.

#include <cstddef>
#include <string_view>

namespace trainyard {

// Length of the well-formed UTF-8 sequence that begins at `position` (which is inside `text`); 0
// when there is none (stray or overlong bytes, surrogates, beyond U+10FFFF, cut off).
std::size_t utf8_sequence_length(std::string_view text, std::size_t position);

bool is_utf8(std::string_view text);

}  // namespace trainyard
