#include "api/logs/filter_pattern.h"

#include <string>

#include <doctest/doctest.h>

namespace trainyard::api {

namespace {

bool matches(std::string_view pattern, std::string_view message) {
  const auto parsed = FilterPattern::parse(pattern);
  REQUIRE_MESSAGE(parsed, parsed.error().message);
  return parsed->matches(message);
}

std::string error_of(std::string_view pattern) {
  const auto parsed = FilterPattern::parse(pattern);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == "InvalidParameterException");
  return parsed.error().message;
}

}  // namespace

TEST_CASE("terms: all of them, none of the excluded, any of the optional") {
  const std::string event = "[ERROR] 401 disk full: /dev/sda1 \"quoted\"";
  for (const char* pattern :
       {"", "  ", "ERROR", "ERROR 401", "\"disk full\"", "ERROR -WARN", "?WARN ?ERROR",
        "\"\\\"quoted\\\"\"", "%4[0-9]{2}%", "ERROR %^\\[ERR%", "-%WARN|INFO%", "?%x% ?full",
        "?nothing ERROR", "/dev/sda1", "\"\""}) {
    CAPTURE(pattern);
    CHECK(matches(pattern, event));
  }
  for (const char* pattern : {"error", "ERROR WARN", "\"full disk\"", "ERROR -401", "?WARN ?INFO",
                              "%4[1-9]{2}%", "-ERROR", "?ERROR WARN", "-%E.R%"}) {
    CAPTURE(pattern);
    CHECK_FALSE(matches(pattern, event));
  }
}

TEST_CASE("members of JSON events") {
  const std::string event =
      R"({"a":1,"name":"train-7","ok":true,"no":false,"none":null,"loss":0.25,"ip":"10.1.2.3",)"
      R"("list":[{"x":1},{"x":"two"}],"deep":{"er":{"k-1":"v"}},"text":"404","big":1e3,)"
      R"("plain":["p","q"],"dotted.name":5})";
  for (const char* pattern : {"{ $.a = 1 }",
                              "{$.a=1}",
                              "{ $.a >= 1 && $.loss < 0.3 }",
                              "{ $.name = \"train-7\" }",
                              "{ $.name = train-7 }",
                              "{ $.name = \"train*\" }",
                              "{ $.name = *-7 }",
                              "{ $.name != \"x\" }",
                              "{ $.ok IS TRUE }",
                              "{ $.no IS FALSE }",
                              "{ $.none IS NULL }",
                              "{ $.missing NOT EXISTS }",
                              "{ $.ip = 10.1.* }",
                              "{ $.list[0].x = 1 }",
                              "{ $.list[*].x = two }",
                              "{ $.list[1].x = two }",
                              "{ $.deep.er.k-1 = v }",
                              "{ ($.a = 2 || $.a = 1) && $.ok IS TRUE }",
                              "{ $.a = 2 && $.a = 3 || $.a = 1 }",
                              "{ $.name = %^train-[0-9]+$% }",
                              "{ $.text = 404 }",
                              "{ $.text = 4* }",
                              "{ $.big = 1000 }",
                              "{ $.big > 9.5e2 }",
                              "{ $.name = \"*\" }",
                              "{ $.plain = q }",
                              "{ $['dotted.name'] = 5 }",
                              "{ $.\"dotted.name\" = 5 }",
                              "{ $.ok = true }",
                              "{ $.a != 2 }",
                              "{ $.name is not null }",
                              "{ $.a EXISTS }"}) {
    CAPTURE(pattern);
    if (std::string_view(pattern) == "{ $.name is not null }") {
      CHECK_FALSE(FilterPattern::parse(pattern));
      continue;
    }
    CHECK(matches(pattern, event));
  }
  for (const char* pattern :
       {"{ $.a = 2 }", "{ $.a > 1 }", "{ $.missing = 1 }", "{ $.missing != 1 }",
        "{ $.a NOT EXISTS }", "{ $.ok IS FALSE }", "{ $.name IS NULL }", "{ $.list[2].x = 1 }",
        "{ $.name = train }", "{ $.name != \"train*\" }", "{ $.a = 1 && $.a = 2 }",
        "{ $.name > 1 }", "{ $.a.b = 1 }"}) {
    CAPTURE(pattern);
    CHECK_FALSE(matches(pattern, event));
  }
  for (const char* message : {"", "text", "{ broken", "[1", "7"}) {
    CHECK_FALSE(matches("{ $.a NOT EXISTS }", message));
  }
  CHECK(matches("{ $[0] = 1 }", "[1]"));
}

TEST_CASE("events that are nested without end cost no more than their bytes") {
  const std::size_t depth = 500'000;
  const std::string event = R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  for (const char* pattern : {"{ $.a = x }", "{ $.a != x }", "{ $.a EXISTS }", "{ $.a[*] = x }"}) {
    CAPTURE(pattern);
    CHECK_FALSE(matches(pattern, event));
  }
  CHECK(matches("a", event));
  CHECK(matches("{ $.a[0][0] = *1* }", R"({"a":[[{"b":[1]}]]})"));
}

TEST_CASE("fields that are separated by spaces") {
  const std::string event =
      "127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";
  for (const char* pattern :
       {"[ip, id, user, time, request, status, bytes]",
        "[ip, id, user, time, request, status = 404, bytes > 1000]",
        "[ip, id, user, time, request = \"*.html*\", status = 4*, bytes]",
        "[ip=%127\\.0\\.0\\.[12]%, ..., bytes]", "[..., status = 404 || status = 410, bytes]",
        "[..., request = *html*, status, bytes]", "[ip, ...]", "[...]",
        "[..., bytes >= 1000 && bytes < 2000]", "[..., (bytes = 1 || bytes = 1534) && bytes != 2]",
        "[ip, id, user = frank, time, ..., bytes]"}) {
    CAPTURE(pattern);
    CHECK(matches(pattern, event));
  }
  for (const char* pattern :
       {"[ip, id, user]", "[ip, id, user, time, request, status = 5*, bytes]",
        "[..., status != 404, bytes]", "[ip, id, user, time, request, status, bytes, more]",
        "[a, b, c, d, e, f, ..., g, h]", "[..., bytes < 1000]"}) {
    CAPTURE(pattern);
    CHECK_FALSE(matches(pattern, event));
  }
  CHECK(matches("[w1=ERROR, w2]", "ERROR x"));
  CHECK(matches("[open, rest]", "[never closed"));
}

// Searched to its end once for each opening mark, this would take minutes.
TEST_CASE("marks that are never closed cost no more than others" * doctest::timeout(5)) {
  std::string event;
  for (int i = 0; i < 1'000'000; ++i) event += "[ ";
  CHECK(matches("[first, ..., last]", event));
  CHECK_FALSE(matches("[first, second]", event));
}

TEST_CASE("what is no pattern says where") {
  CHECK(error_of("{ $.a") ==
        "Invalid filter pattern: a comparison (=, !=, <, <=, > or >=) is missing at character 6.");
  for (const char* pattern : {"{ $.a = }",
                              "{ a = 1 }",
                              "{ $.a = 1",
                              "{ $.a = 1 } x",
                              "{ ($.a = 1 }",
                              "{ $.a IS 1 }",
                              "{ $.a[x] = 1 }",
                              "{ $.a < \"x\" }",
                              "{ $.a = 1 && }",
                              "{}",
                              "{ $. = 1 }",
                              "\"open",
                              "%open",
                              "%(%",
                              "[a, b",
                              "[a, ..., b, ...]",
                              "[a = ]",
                              "[a] b",
                              "- x",
                              "?"}) {
    CAPTURE(pattern);
    error_of(pattern);
  }
}

TEST_CASE("regular expressions end, whatever they are given") {
  const std::string event(100'000, 'a');
  CHECK_FALSE(matches("%(a+)+b%", event));
  CHECK_FALSE(matches("%(a|aa)*c$%", event));
  CHECK(matches("%\\xff*\xC3\xA4%", "\xff\xC3\xA4"));
  std::string deep(1000, '(');
  CHECK_FALSE(FilterPattern::parse("{" + deep + "}"));
}

}  // namespace trainyard::api
