#include "api/logs/pattern_reader.h"

#include <algorithm>
#include <charconv>

#include "api/logs/log_errors.h"

namespace trainyard::api {

namespace {

constexpr std::string_view white_space = " \t\r\n";

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::optional<double> number_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

bool compare(Comparison::Operator op, double left, double right) {
  switch (op) {
    case Comparison::Operator::equal:
      return left == right;
    case Comparison::Operator::not_equal:
      return left != right;
    case Comparison::Operator::less:
      return left < right;
    case Comparison::Operator::less_equal:
      return left <= right;
    case Comparison::Operator::greater:
      return left > right;
    case Comparison::Operator::greater_equal:
      break;
  }
  return left >= right;
}

}  // namespace

bool Comparison::is_equal(std::string_view value) const {
  if (regex) return regex->found_in(value);
  if (number) {
    if (const auto other = number_of(value)) return *number == *other;
  }
  return matches_wildcards(text, value);
}

bool Comparison::holds_for(std::string_view value) const {
  if (op == Operator::equal) return is_equal(value);
  if (op == Operator::not_equal) return !is_equal(value);
  const auto other = number_of(value);
  return number && other && compare(op, *other, *number);
}

bool Comparison::holds_for(double value) const {
  if (number) return compare(op, value, *number);
  return holds_for(fmt::format("{}", value));
}

bool Junction::holds(const std::function<bool(std::size_t)>& test) const {
  const auto part_holds = [&](const Junction& part) { return part.holds(test); };
  switch (kind) {
    case Kind::all:
      return std::ranges::all_of(parts, part_holds);
    case Kind::any:
      return std::ranges::any_of(parts, part_holds);
    case Kind::condition:
      break;
  }
  return test(condition);
}

bool matches_wildcards(std::string_view pattern, std::string_view text) {
  // Where the latest "*" stands, and how much of the text it has taken.
  std::optional<std::size_t> star;
  std::size_t taken = 0;
  std::size_t p = 0;
  std::size_t t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star) {
      p = *star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

void PatternReader::skip_space() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(white_space), rest_.size()));
}

bool PatternReader::take(std::string_view token) {
  skip_space();
  if (!rest_.starts_with(token)) return false;
  rest_.remove_prefix(token.size());
  return true;
}

bool PatternReader::take_word(std::string_view word) {
  skip_space();
  if (rest_.size() < word.size() ||
      !std::ranges::equal(rest_.substr(0, word.size()), word, {}, upper, upper)) {
    return false;
  }
  if (rest_.size() > word.size() && is_word_character(rest_[word.size()])) return false;
  rest_.remove_prefix(word.size());
  return true;
}

char PatternReader::take_character() {
  const char c = rest_.front();
  rest_.remove_prefix(1);
  return c;
}

std::string_view PatternReader::take_until(std::string_view ends) {
  const std::string_view taken = rest_.substr(0, rest_.find_first_of(ends));
  rest_.remove_prefix(taken.size());
  return taken;
}

ApiResult<std::string> PatternReader::take_quoted() {
  std::string text;
  rest_.remove_prefix(1);
  while (!rest_.empty()) {
    const char c = take_character();
    if (c == '"') return text;
    const bool escapes = c == '\\' && (peek() == '"' || peek() == '\\');
    text += escapes ? take_character() : c;
  }
  return failure(error("a closing quote"));
}

ApiResult<EventRegex> PatternReader::take_regex() {
  rest_.remove_prefix(1);
  const std::string_view expression = take_until("%");
  if (rest_.empty()) return failure(error("a closing %"));
  rest_.remove_prefix(1);
  return EventRegex::compile(expression);
}

ApiResult<Comparison> PatternReader::take_comparison() {
  using Operator = Comparison::Operator;
  constexpr std::pair<std::string_view, Operator> operators[] = {
      {"!=", Operator::not_equal},     {"<=", Operator::less_equal}, {"<", Operator::less},
      {">=", Operator::greater_equal}, {">", Operator::greater},     {"=", Operator::equal},
  };
  Comparison comparison;
  const auto found =
      std::ranges::find_if(operators, [&](const auto& known) { return take(known.first); });
  if (found == std::end(operators)) return failure(error("a comparison (=, !=, <, <=, > or >=)"));
  comparison.op = found->second;
  const bool ordered = comparison.op != Operator::equal && comparison.op != Operator::not_equal;
  skip_space();
  if (peek() == '"') {
    TRY(comparison.text, take_quoted());
  } else if (peek() == '%') {
    TRY(comparison.regex, take_regex());
  } else {
    comparison.text = take_until(" \t\r\n,&|)]}");
    if (comparison.text.empty()) return failure(error("a value"));
    comparison.number = number_of(comparison.text);
  }
  if (ordered && !comparison.number) return failure(error("a number before this"));
  return comparison;
}

ApiResult<Junction> PatternReader::take_junction(
    const std::function<ApiResult<std::size_t>()>& take_condition) {
  Junction any{Junction::Kind::any, 0, {}};
  do {
    TRY(Junction part, take_all(take_condition));
    any.parts.push_back(std::move(part));
  } while (take("||"));
  return any;
}

ApiResult<Junction> PatternReader::take_all(
    const std::function<ApiResult<std::size_t>()>& take_condition) {
  Junction all{Junction::Kind::all, 0, {}};
  do {
    TRY(Junction part, take_part(take_condition));
    all.parts.push_back(std::move(part));
  } while (take("&&"));
  return all;
}

ApiResult<Junction> PatternReader::take_part(
    const std::function<ApiResult<std::size_t>()>& take_condition) {
  if (take("(")) {
    TRY(Junction inner, take_junction(take_condition));
    if (!take(")")) return failure(error("a closing parenthesis"));
    return inner;
  }
  TRY(const std::size_t condition, take_condition());
  return Junction{Junction::Kind::condition, condition, {}};
}

AwsError PatternReader::error(std::string_view expected) const {
  return invalid_log_parameter(fmt::format("Invalid filter pattern: {} is missing at character {}.",
                                           expected, text_.size() - rest_.size() + 1));
}

}  // namespace trainyard::api
