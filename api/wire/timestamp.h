#pragma once

// Moments as AWS JSON writes them: a number of seconds since 1970, with milliseconds as fraction.

#include <cstdint>

#include <nlohmann/json.hpp>

#include "runtime/base/clock.h"

namespace trainyard::api {

// E.g. 1735442939.457.
nlohmann::json epoch_seconds(Time time);

// The inverse, for any number; what lies beyond the years a Time can hold becomes its first or last
// moment.
Time from_epoch_seconds(double seconds);
Time from_whole_seconds(std::int64_t seconds);

}  // namespace trainyard::api
