#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"

namespace trainyard {

// Parses RFC 3339 with any number of fractional digits (kept to the nanosecond), as the Engine
// writes moments. Its "never", 0001-01-01T00:00:00Z, and all else that Time cannot hold, is the
// epoch.
std::optional<Time> parse_engine_time(std::string_view text);

// "<seconds>.<nanoseconds>", as the Engine takes moments in queries.
std::string to_engine_query(Time time);

}  // namespace trainyard
