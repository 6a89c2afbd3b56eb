#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"

namespace trainyard::api {

// "Tue, 14 Nov 2023 22:13:20 GMT": whole seconds, the fraction cut off.
std::string to_http_date(Time time);

// The form above, and ISO 8601, which some clients send in its place; whole seconds. Nothing when
// it is neither. Here and below, what lies beyond the years that a Time can hold becomes its first
// or last moment.
std::optional<Time> parse_http_date(std::string_view text);

// ISO 8601: "2023-11-14T22:13:20Z", with or without a fraction, "Z" or an offset ("+02:00").
std::optional<Time> parse_iso_time(std::string_view text);

// "2023-11-14T22:13:20Z"; with milliseconds where there are any.
std::string to_iso_time(Time time);

// "2023-11-14T22:13:20.000Z": milliseconds, as S3 writes times in XML.
std::string to_iso_milliseconds(Time time);

}  // namespace trainyard::api
