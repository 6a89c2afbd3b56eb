#pragma once

// The metrics of a job as its definitions find them in the lines of its log.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/regex.h"
#include "runtime/base/result.h"
#include "runtime/metric/metric.h"
#include "runtime/metric/metric_definition.h"

namespace trainyard {

// Whether a definition's expression can be used; the error says why not.
Result<void> check_metric_regex(const std::string& regex);

// Used by one thread.
class LineMetrics {
 public:
  // Of a longer line only this much is searched.
  static constexpr std::size_t most_line_bytes = 64 * 1024;
  // An expression that is too hard for so many lines is not tried on more.
  static constexpr int most_hard_lines = 20;

  // Definitions whose expression cannot be used find nothing. `notice` is told, in words for the
  // user, of one that is given up.
  LineMetrics(const std::vector<MetricDefinition>& definitions,
              std::function<void(const std::string&)> notice);

  // Searches one line, as it was written and as a log service shows it, with control characters as
  // "#011". Calls `found` for every definition that matches a number there.
  void search(std::string_view line,
              const std::function<void(const std::string& name, double value)>& found);

 private:
  struct Definition {
    std::string name;
    Regex regex;
    int hard_lines = 0;
  };

  // Nothing where the definition does not match a number.
  std::optional<double> value_in(Definition& definition, std::string_view text);

  std::vector<Definition> definitions_;
  std::function<void(const std::string&)> notice_;
  std::string escaped_;
};

// The text with every control character as "#" and three octal digits.
void escape_controls(std::string_view text, std::string& escaped);

// A number as scripts print it, blanks around it allowed. Neither infinite nor "nan".
std::optional<double> parse_metric_value(std::string_view text);

}  // namespace trainyard
