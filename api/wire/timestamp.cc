#include "api/wire/timestamp.h"

#include <algorithm>
#include <cmath>

namespace trainyard::api {

namespace {

// Nanoseconds in 64 bits reach 292 years from 1970.
constexpr std::int64_t farthest_seconds = 9'200'000'000;

}  // namespace

nlohmann::json epoch_seconds(Time time) {
  return static_cast<double>(to_milliseconds(time)) / 1000.0;
}

Time from_epoch_seconds(double seconds) {
  constexpr double farthest = farthest_seconds;
  const double bounded = std::clamp(seconds, -farthest, farthest);
  // A double holds a present moment to a fraction of a microsecond: no more is taken from it.
  const std::chrono::microseconds micros(std::llround(bounded * 1e6));
  return Time(micros);
}

Time from_whole_seconds(std::int64_t seconds) {
  return Time(std::chrono::seconds(std::clamp(seconds, -farthest_seconds, farthest_seconds)));
}

}  // namespace trainyard::api
