#include "api/wire/http_date.h"

#include <cstdio>
#include <ctime>

#include <fmt/format.h>

#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

std::tm civil(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  const std::time_t value = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&value, &parts);
  return parts;
}

// "Z", or an offset from it such as "+02:00" or "-0130", up to the end of the text.
std::optional<std::chrono::minutes> parse_offset(const char* text) {
  if (std::string_view(text) == "Z") return std::chrono::minutes(0);
  int hours = 0;
  int minutes = 0;
  char sign = 0;
  int length = 0;
  if (std::sscanf(text, "%c%2d:%2d%n", &sign, &hours, &minutes, &length) != 3) {
    length = 0;
    if (std::sscanf(text, "%c%2d%2d%n", &sign, &hours, &minutes, &length) != 3) return std::nullopt;
  }
  if (text[length] != '\0' || (sign != '+' && sign != '-')) return std::nullopt;
  const std::chrono::minutes offset(hours * 60 + minutes);
  return sign == '+' ? offset : -offset;
}

}  // namespace

std::string to_http_date(Time time) {
  // By hand, because strftime's names depend on the locale.
  constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm parts = civil(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[parts.tm_wday], parts.tm_mday,
                     months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                     parts.tm_sec);
}

std::optional<Time> parse_http_date(std::string_view text) {
  const std::string copy(text);
  std::tm parts{};
  const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end != nullptr && *end == '\0') return from_whole_seconds(::timegm(&parts));
  const auto time = parse_iso_time(text);
  if (!time) return std::nullopt;
  return Time(std::chrono::floor<std::chrono::seconds>(*time));
}

std::optional<Time> parse_iso_time(std::string_view text) {
  const std::string copy(text);
  std::tm parts{};
  const char* end = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr) return std::nullopt;
  std::chrono::nanoseconds fraction{0};
  if (*end == '.') {
    std::int64_t unit = 1'000'000'000;
    for (++end; *end >= '0' && *end <= '9'; ++end) {
      unit /= 10;
      fraction += std::chrono::nanoseconds((*end - '0') * unit);
    }
  }
  const auto offset = parse_offset(end);
  if (!offset) return std::nullopt;
  return from_whole_seconds(::timegm(&parts)) + fraction - *offset;
}

std::string to_iso_time(Time time) {
  if (to_milliseconds(time) % 1000 != 0) return to_iso_milliseconds(time);
  const std::tm parts = civil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string to_iso_milliseconds(Time time) {
  const std::tm parts = civil(time);
  const auto milliseconds = to_milliseconds(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ((milliseconds % 1000) + 1000) % 1000);
}

}  // namespace trainyard::api
