#include "api/wire/utf8.h"

namespace trainyard::api {

std::optional<char32_t> take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  std::size_t length = 1;
  char32_t point = first;
  char32_t smallest = 0;  // what is smaller has a shorter form
  if (first >= 0xf0 && first < 0xf8) {
    length = 4, point = first & 0x07u, smallest = 0x10000;
  } else if (first >= 0xe0 && first < 0xf0) {
    length = 3, point = first & 0x0fu, smallest = 0x800;
  } else if (first >= 0xc0 && first < 0xe0) {
    length = 2, point = first & 0x1fu, smallest = 0x80;
  }
  bool valid = (first < 0x80 || length > 1) && text.size() >= length;
  for (std::size_t at = 1; valid && at < length; ++at) {
    valid = (byte(at) & 0xc0) == 0x80;
    point = (point << 6) | (byte(at) & 0x3fu);
  }
  const bool surrogate = point >= 0xd800 && point < 0xe000;
  if (!valid || point < smallest || surrogate || point > 0x10ffff) {
    text.remove_prefix(1);
    return std::nullopt;
  }
  text.remove_prefix(length);
  return point;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (!take_code_point(text)) return false;
  }
  return true;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    if (take_code_point(text)) {
      valid.append(before.substr(0, before.size() - text.size()));
    } else {
      valid += "\xef\xbf\xbd";
    }
  }
  return valid;
}

}  // namespace trainyard::api
