#include "api/wire/http_date.h"

#include <ctime>

#include <fmt/format.h>

namespace trainyard::api {

namespace {

std::tm civil(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  const std::time_t value = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&value, &parts);
  return parts;
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
  if (end == nullptr) {
    parts = {};
    end = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (end == nullptr) return std::nullopt;
    if (*end == '.') {
      ++end;
      while (*end >= '0' && *end <= '9') ++end;
    }
    if (*end != 'Z') return std::nullopt;
    ++end;
  }
  if (*end != '\0') return std::nullopt;
  return Time(std::chrono::seconds(::timegm(&parts)));
}

std::string to_iso_milliseconds(Time time) {
  const std::tm parts = civil(time);
  const auto milliseconds = to_milliseconds(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     ((milliseconds % 1000) + 1000) % 1000);
}

}  // namespace trainyard::api
