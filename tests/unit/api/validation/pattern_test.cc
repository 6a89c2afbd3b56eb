#include "api/validation/pattern.h"

#include <doctest/doctest.h>

namespace trainyard::api {

TEST_CASE("a pattern matches whole strings") {
  const Pattern pattern("[a-z]+");
  CHECK(pattern.matches("abc"));
  CHECK_FALSE(pattern.matches("abc1"));
  CHECK_FALSE(pattern.matches("1abc"));
  CHECK_FALSE(pattern.matches("abc\n"));
  CHECK_FALSE(pattern.matches(""));
}

TEST_CASE("alternatives are anchored on both sides") {
  const Pattern pattern("a|ab");
  CHECK(pattern.matches("ab"));
  CHECK_FALSE(pattern.matches("abb"));
}

TEST_CASE("what Java writes differently is rewritten") {
  CHECK(to_pcre2(R"([\p{Alnum}\-]+\p{Alnum})") == R"([a-zA-Z0-9\-]+[a-zA-Z0-9])");
  CHECK(to_pcre2(R"([.]\.)") == R"([.]\.)");
  const Pattern arn(R"(arn:[\p{Alnum}\-]+:lambda)");
  CHECK(arn.matches("arn:aws-cn:lambda"));
  CHECK_FALSE(arn.matches("arn:aws.cn:lambda"));
}

TEST_CASE("Java's escapes of characters by number are understood") {
  const Pattern pattern(R"([\u0009\u0020-\u00FF]+)");
  CHECK(pattern.matches("a\t\xc3\xa9"));
  CHECK_FALSE(pattern.matches("\n"));
  CHECK_FALSE(pattern.matches("\xe2\x82\xac"));
}

TEST_CASE("look-behind and Unicode classes work") {
  const Pattern name("[a-z-]*(?<!-)");
  CHECK(name.matches("a-b"));
  CHECK_FALSE(name.matches("a-"));
  const Pattern tag(R"(([\p{L}\p{Z}\p{N}_.:/=+\-@]*))");
  CHECK(tag.matches("größe 1"));
  CHECK_FALSE(tag.matches("a#b"));
}

TEST_CASE("a hostile text ends the match, not the daemon") {
  const Pattern name("[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");
  CHECK_FALSE(name.matches("a" + std::string(4'000'000, '-')));
  const Pattern nested("(a+)+b");
  CHECK_FALSE(nested.matches(std::string(200, 'a')));
  const Pattern any(".*");
  CHECK(any.matches(std::string(4'000'000, 'a')));
}

TEST_CASE("text that is not UTF-8 does not match") {
  CHECK_FALSE(Pattern(".*").matches("\xFF"));
}

TEST_CASE("an expression is compiled once") {
  CHECK(&compiled_pattern("[0-9]+") == &compiled_pattern("[0-9]+"));
}

}  // namespace trainyard::api
