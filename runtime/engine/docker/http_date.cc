#include "runtime/engine/docker/http_date.h"

#include <ctime>
#include <string>

namespace trainyard {

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  std::tm fields{};
  // The daemon never leaves the C locale, whose names of days and months these are.
  const std::string copy(text);
  const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &fields);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&fields);
}

}  // namespace trainyard
