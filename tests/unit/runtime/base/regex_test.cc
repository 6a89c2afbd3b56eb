#include "runtime/base/regex.h"

#include <string>

#include <doctest/doctest.h>

using namespace trainyard;

namespace {

using Outcome = Regex::Outcome;

Regex regex(std::string_view expression, const Regex::Options& options = {}) {
  auto compiled = Regex::compile(expression, options);
  REQUIRE(compiled);
  return std::move(*compiled);
}

}  // namespace

TEST_CASE("the first group is found, or all where there is none") {
  std::string_view found;
  CHECK(regex("loss=([0-9.]+);").match("a loss=0.5; b", found) == Outcome::match);
  CHECK(found == "0.5");
  CHECK(regex("[0-9]+").match("a 17 b", found) == Outcome::match);
  CHECK(found == "17");
  CHECK(regex("(x)?b").match("b", found) == Outcome::match);
  CHECK(found.empty());
  CHECK(regex("c").match("a b") == Outcome::no_match);
}

TEST_CASE("an expression that does not compile tells where") {
  const auto compiled = Regex::compile("a(", {});
  REQUIRE_FALSE(compiled);
  CHECK(compiled.error().kind == ErrorKind::invalid_argument);
  CHECK(compiled.error().message.ends_with("at position 2"));
}

TEST_CASE("every match ends, however few and long its steps are") {
  // Few steps from each place, of which there are many, or long ones.
  for (const char* expression : {"(a+)+[bc]", "(a*[ZY]|a){0,600}[bc]", "(?:a*+[ZY]|a){0,600}[bc]",
                                 "(?:.*+(?=[ZY])|a)*[bc]"}) {
    CAPTURE(std::string(expression));
    Regex::Options options;
    options.most_steps = 100'000;
    CHECK(regex(expression, options).match(std::string(65'536, 'a')) == Outcome::too_hard);
  }
  // A long text alone is not hard.
  CHECK(regex("loss=([0-9.]+)").match(std::string(1 << 20, 'a') + "loss=1") == Outcome::match);
}
