#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trainyard {

// Seconds since the epoch of a Date header, "Mon, 23 Nov 2026 19:02:10 GMT".
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace trainyard
