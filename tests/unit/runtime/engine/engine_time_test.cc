#include "runtime/engine/docker/engine_time.h"

#include <doctest/doctest.h>

#include "runtime/engine/docker/http_date.h"

using namespace trainyard;
using namespace std::chrono;

namespace {

Time at(std::int64_t seconds_since_epoch, std::int64_t nanos) {
  return Time(seconds(seconds_since_epoch) + nanoseconds(nanos));
}

}  // namespace

TEST_CASE("the Engine's moments are read to the nanosecond") {
  CHECK(parse_engine_time("2026-11-23T19:02:10Z") == at(1795460530, 0));
  CHECK(parse_engine_time("2026-11-23T19:02:10.5Z") == at(1795460530, 500'000'000));
  CHECK(parse_engine_time("2026-11-23T19:02:10.123456789Z") == at(1795460530, 123'456'789));
  CHECK(parse_engine_time("2026-11-23T19:02:10.1234567899Z") == at(1795460530, 123'456'789));
  CHECK(parse_engine_time("2026-11-23T20:32:10.000000001+01:30") == at(1795460530, 1));
  CHECK(parse_engine_time("2026-11-23T18:02:10-01:00") == at(1795460530, 0));
}

TEST_CASE("a moment that never was is the epoch") {
  CHECK(parse_engine_time("0001-01-01T00:00:00Z") == Time{});
  CHECK(parse_engine_time("9999-01-01T00:00:00Z") == Time{});
}

TEST_CASE("what is no moment is nothing") {
  for (const char* text : {"", "2026", "2026-11-23", "2026-11-23T19:02:10", "2026-13-23T19:02:10Z",
                           "2026-02-30T19:02:10Z", "2026-11-23T19:02:10Zx", "2026-11-23 19:02:10Z",
                           "2026-11-23T19:02:10+0100", "abcd-11-23T19:02:10Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_engine_time(text).has_value());
  }
}

TEST_CASE("moments in queries have nine digits after the point") {
  CHECK(to_engine_query(Time{}) == "0.000000000");
  CHECK(to_engine_query(at(1795460530, 1)) == "1795460530.000000001");
  CHECK(to_engine_query(at(1795460530, 123'456'789)) == "1795460530.123456789");
}

TEST_CASE("a Date header is read") {
  CHECK(parse_http_date("Mon, 23 Nov 2026 19:02:10 GMT") == 1795460530);
  CHECK_FALSE(parse_http_date("").has_value());
  CHECK_FALSE(parse_http_date("yesterday").has_value());
}
