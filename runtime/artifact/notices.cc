#include "runtime/artifact/notices.h"

#include <fmt/format.h>

#include "runtime/artifact/utf8.h"

namespace trainyard {

void Notices::add(const std::string& line) {
  if (++count_ <= line_limit && log_) log_(line);
}

void Notices::finish() {
  if (count_ > line_limit && log_) log_(fmt::format("… and {} more", count_ - line_limit));
  count_ = 0;
}

std::string printable(const std::string& name) {
  constexpr std::size_t shown_ends = 200;
  if (name.size() > 2 * shown_ends + 32) {
    return fmt::format("{}…({} bytes)…{}", printable(name.substr(0, shown_ends)), name.size(),
                       printable(name.substr(name.size() - shown_ends)));
  }
  std::string text;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t length = utf8_sequence_length(name, at);
    const auto byte = static_cast<unsigned char>(name[at]);
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      text += fmt::format("\\x{:02x}", byte);
      ++at;
    } else {
      text.append(name, at, length);
      at += length;
    }
  }
  return text;
}

}  // namespace trainyard
