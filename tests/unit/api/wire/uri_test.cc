#include "api/wire/uri.h"

#include <doctest/doctest.h>

#include "api/wire/http_date.h"
#include "api/wire/utf8.h"

namespace trainyard::api {

TEST_CASE("percent-encoding is taken off once") {
  CHECK(percent_decode("a%20b+c%2Fd%252e//..") == "a b+c/d%2e//..");
  CHECK(percent_decode("%00")->size() == 1);
  for (const char* wrong : {"%", "%1", "%zz", "abc%f"}) CHECK_FALSE(percent_decode(wrong));
  CHECK(percent_encode("a b/c+\xc3\xa9~", true) == "a%20b/c%2B%C3%A9~");
  CHECK(percent_encode("a/b", false) == "a%2Fb");
}

TEST_CASE("a query is taken apart") {
  const auto query = QueryParameters::parse("a=1&b&c=x+y%2B%3D&&a=2&=v");
  REQUIRE(query);
  CHECK(query->get("a") == "1");
  CHECK(query->has("b"));
  CHECK(query->get("b").empty());
  CHECK(query->get("c") == "x y+=");
  CHECK_FALSE(query->has("d"));
  CHECK_FALSE(QueryParameters::parse("a=%"));
}

TEST_CASE("HTTP dates go both ways") {
  const Time time = from_milliseconds(1'700'000'000'789);
  CHECK(to_http_date(time) == "Tue, 14 Nov 2023 22:13:20 GMT");
  CHECK(to_iso_milliseconds(time) == "2023-11-14T22:13:20.789Z");
  const Time whole = from_milliseconds(1'700'000'000'000);
  CHECK(parse_http_date("Tue, 14 Nov 2023 22:13:20 GMT") == whole);
  CHECK(parse_http_date("2023-11-14T22:13:20Z") == whole);
  CHECK(parse_http_date("2023-11-14T22:13:20.789Z") == whole);
  for (const char* wrong : {"", "yesterday", "2023-11-14", "Tue, 14 Nov 2023 22:13:20 GMT+1"}) {
    CHECK_FALSE(parse_http_date(wrong));
  }
}

TEST_CASE("ISO 8601 is read with fractions and offsets, and written") {
  const Time whole = from_milliseconds(1'700'000'000'000);
  const Time half = whole + std::chrono::milliseconds(500);
  CHECK(parse_iso_time("2023-11-14T22:13:20Z") == whole);
  CHECK(parse_iso_time("2023-11-15T00:13:20+02:00") == whole);
  CHECK(parse_iso_time("2023-11-14T20:43:20.5-0130") == half);
  CHECK(parse_iso_time("2023-11-14T22:13:20.0000000019Z") == whole + std::chrono::nanoseconds(1));
  for (const char* wrong : {"", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13:20Zx",
                            "2023-11-14T22:13:20+2", "2023-11-14T22:13:20+02:00x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_iso_time(wrong));
  }
  CHECK(to_iso_time(whole) == "2023-11-14T22:13:20Z");
  CHECK(to_iso_time(half) == "2023-11-14T22:13:20.500Z");
}

TEST_CASE("dates that no clock here can show lie in the farthest past or future") {
  const Time present = from_milliseconds(1'700'000'000'000);
  const Time future = present + std::chrono::years(200);
  for (const char* date : {"Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z",
                           "2262-12-31T23:59:59.999999999-12:00", "9999-12-31T23:59:59+14:00"}) {
    CAPTURE(date);
    REQUIRE(parse_http_date(date));
    CHECK(*parse_http_date(date) > future);
  }
  REQUIRE(parse_http_date("0001-01-01T00:00:00+14:00"));
  CHECK(*parse_http_date("0001-01-01T00:00:00+14:00") < present - std::chrono::years(200));
}

TEST_CASE("UTF-8 is told from other bytes") {
  for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x98\x83", "\xf0\x9f\x98\x80"}) {
    CHECK(is_utf8(good));
  }
  for (const char* wrong : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                            "\xf4\x90\x80\x80", "\xff", "a\xc3("}) {
    CHECK_FALSE(is_utf8(wrong));
  }
}

TEST_CASE("bytes that are not UTF-8 are replaced") {
  CHECK(valid_utf8("a\xff\xc3\xa9\xc3") == "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd");
}

}  // namespace trainyard::api
