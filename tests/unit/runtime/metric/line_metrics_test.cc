#include "runtime/metric/line_metrics.h"

#include <doctest/doctest.h>

namespace trainyard {

namespace {

using Found = std::vector<std::pair<std::string, double>>;

struct LineMetricsFixture {
  Found search(std::string_view line) {
    Found found;
    metrics->search(
        line, [&](const std::string& name, double value) { found.emplace_back(name, value); });
    return found;
  }

  void define(std::vector<MetricDefinition> definitions) {
    metrics.emplace(definitions, [this](const std::string& line) { notices.push_back(line); });
  }

  std::optional<LineMetrics> metrics;
  std::vector<std::string> notices;
};

}  // namespace

TEST_CASE_FIXTURE(LineMetricsFixture, "every definition finds its value anywhere in the line") {
  define({{"loss", "loss=([0-9.]+)"}, {"accuracy", R"(acc(?:uracy)?: (\S+))"}});
  CHECK(search("epoch 1 loss=0.25 accuracy: 9e-1 loss=7") ==
        Found{{"loss", 0.25}, {"accuracy", 0.9}});
  CHECK(search("nothing") == Found{});
  CHECK(search("loss=1.2.3") == Found{});
}

TEST_CASE_FIXTURE(LineMetricsFixture, "a line is searched as it is, and as log services show it") {
  define({{"shown", "#011train-rmse:([0-9.]+)"}, {"raw", "\ttrain-rmse:([0-9.]+)"}});
  CHECK(search("[7]\ttrain-rmse:1.5") == Found{{"shown", 1.5}, {"raw", 1.5}});
  CHECK(search("[7]#011train-rmse:2") == Found{{"shown", 2}});
}

TEST_CASE_FIXTURE(LineMetricsFixture, "the forms of a number that scripts print are read") {
  CHECK(parse_metric_value(" 1.5\t") == 1.5);
  CHECK(parse_metric_value("+2") == 2.0);
  CHECK(parse_metric_value("-1e-3\r") == -0.001);
  CHECK(parse_metric_value(".5") == 0.5);
  CHECK(parse_metric_value("-2e108") == -2e108);
  for (const char* none : {"", " ", "nan", "inf", "-inf", "1,5", "0x10", "1 2", "1e999", "3e108",
                           "-3e108", "+", "1%"}) {
    CAPTURE(none);
    CHECK_FALSE(parse_metric_value(none));
  }
}

TEST_CASE_FIXTURE(LineMetricsFixture, "without a group the whole match is the value") {
  define({{"number", R"(\d+)"}, {"optional", "x(y)?"}});
  CHECK(search("ab 12 x") == Found{{"number", 12}});
}

TEST_CASE_FIXTURE(LineMetricsFixture, "bytes that are not UTF-8 do not hide a value") {
  define({{"loss", "loss=([0-9.]+)"}});
  CHECK(search("\xff\xfe loss=3 \xc3") == Found{{"loss", 3}});
}

TEST_CASE_FIXTURE(LineMetricsFixture, "an expression that is too hard is given up, others go on") {
  define({{"bad", "(a+)+$"}, {"good", "b=(1)"}});
  const std::string line = std::string(60, 'a') + "! b=1";
  for (int i = 0; i < 2 * LineMetrics::most_hard_lines; ++i) {
    CHECK(search(line) == Found{{"good", 1}});
  }
  REQUIRE(notices.size() == 1);
  CHECK(notices[0].find("metric bad") != std::string::npos);
}

TEST_CASE_FIXTURE(LineMetricsFixture, "of a very long line the beginning is searched") {
  define({{"loss", "loss=([0-9.]+)"}});
  CHECK(search("loss=1 " + std::string(1'000'000, 'x')) == Found{{"loss", 1}});
  CHECK(search(std::string(1'000'000, 'x') + " loss=1") == Found{});
}

TEST_CASE("an expression that cannot be used is refused, and says where") {
  CHECK(check_metric_regex("loss=(.*)"));
  CHECK(check_metric_regex(R"((?<=loss=)(?<value>\d+)(?!x)\1?)"));
  const auto refused = check_metric_regex("loss=(");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::invalid_argument);
  CHECK(refused.error().message == "missing closing parenthesis at position 6");
}

TEST_CASE("control characters become three octal digits") {
  std::string escaped;
  escape_controls("a\tb\x1b[0m", escaped);
  CHECK(escaped == "a#011b#033[0m");
}

}  // namespace trainyard
