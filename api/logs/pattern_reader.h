#pragma once

// What the kinds of filter patterns have in common when they are read: literals, comparisons with
// them, and conditions joined by && and ||.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/logs/event_regex.h"
#include "api/wire/aws_error.h"

namespace trainyard::api {

// A value is compared with a number, with a text in which "*" stands for anything, or searched for
// a regular expression.
struct Comparison {
  enum class Operator { equal, not_equal, less, less_equal, greater, greater_equal };

  Operator op = Operator::equal;
  std::string text;
  std::optional<double> number;  // what `text` says, unless it was in quotes
  std::optional<EventRegex> regex;

  // A value that is text; where both sides are numbers they are compared as such.
  bool holds_for(std::string_view value) const;
  bool holds_for(double value) const;

 private:
  bool is_equal(std::string_view value) const;
};

// Conditions numbered from 0, joined.
struct Junction {
  enum class Kind { condition, all, any };

  Kind kind = Kind::condition;
  std::size_t condition = 0;
  std::vector<Junction> parts;

  bool holds(const std::function<bool(std::size_t condition)>& test) const;
};

// Whether `text` is `pattern`, in which "*" stands for any characters.
bool matches_wildcards(std::string_view pattern, std::string_view text);

// Reads a pattern from its beginning.
class PatternReader {
 public:
  explicit PatternReader(std::string_view text) : text_(text), rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void skip_space();
  // Takes `token`, and space before it, when it comes next.
  bool take(std::string_view token);
  // The same for a word, in any case, that no letter or digit follows.
  bool take_word(std::string_view word);
  char take_character();
  // The text up to the first of `ends`, or all.
  std::string_view take_until(std::string_view ends);
  // "…" in which \" stands for ", without the quotes.
  ApiResult<std::string> take_quoted();
  // %…%
  ApiResult<EventRegex> take_regex();
  // =, !=, <, <=, > or >=, and what comes behind it.
  ApiResult<Comparison> take_comparison();
  // Conditions with && (which binds closer), || and parentheses; `take_condition` reads one and
  // says its number.
  ApiResult<Junction> take_junction(const std::function<ApiResult<std::size_t>()>& take_condition);

  // An error at the present place.
  AwsError error(std::string_view expected) const;

 private:
  ApiResult<Junction> take_all(const std::function<ApiResult<std::size_t>()>& take_condition);
  ApiResult<Junction> take_part(const std::function<ApiResult<std::size_t>()>& take_condition);

  std::string_view text_;
  std::string_view rest_;
};

}  // namespace trainyard::api
