#include "runtime/metric/line_metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace trainyard {

namespace {

// A tenth of what a validated pattern may take: definitions meet very many lines.
constexpr Regex::Options options{.most_steps = 100'000};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20;
}

}  // namespace

Result<void> check_metric_regex(const std::string& regex) {
  TRY_VOID(Regex::compile(regex, options));
  return {};
}

void escape_controls(std::string_view text, std::string& escaped) {
  escaped.clear();
  for (const char c : text) {
    if (is_control(c)) {
      const auto code = static_cast<unsigned>(static_cast<unsigned char>(c));
      escaped += '#';
      for (const unsigned shift : {6u, 3u, 0u}) {
        escaped += static_cast<char>('0' + ((code >> shift) & 7u));
      }
    } else {
      escaped += c;
    }
  }
}

std::optional<double> parse_metric_value(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\v\f";
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(blanks)));
  text = text.substr(0, text.find_last_not_of(blanks) + 1);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  if (!(std::abs(value) <= largest_metric_value)) return std::nullopt;
  return value;
}

LineMetrics::LineMetrics(const std::vector<MetricDefinition>& definitions,
                         std::function<void(const std::string&)> notice)
    : notice_(std::move(notice)) {
  for (const MetricDefinition& definition : definitions) {
    auto regex = Regex::compile(definition.regex, options);
    if (!regex) continue;
    definitions_.push_back({definition.name, std::move(*regex), 0});
  }
}

void LineMetrics::search(std::string_view line,
                         const std::function<void(const std::string& name, double value)>& found) {
  line = line.substr(0, most_line_bytes);
  const bool has_controls = std::ranges::any_of(line, is_control);
  if (has_controls) escape_controls(line, escaped_);
  for (Definition& definition : definitions_) {
    auto value = value_in(definition, line);
    if (!value && has_controls) value = value_in(definition, escaped_);
    if (value) found(definition.name, *value);
  }
}

std::optional<double> LineMetrics::value_in(Definition& definition, std::string_view text) {
  if (definition.hard_lines >= most_hard_lines) return std::nullopt;
  std::string_view found;
  switch (definition.regex.match(text, found)) {
    case Regex::Outcome::match:
      return parse_metric_value(found);
    case Regex::Outcome::no_match:
      return std::nullopt;
    case Regex::Outcome::too_hard:
      break;
  }
  if (++definition.hard_lines == most_hard_lines) {
    notice_(
        fmt::format("the regular expression of metric {} takes too long on {} lines and is "
                    "given up: make it simpler",
                    definition.name, most_hard_lines));
  }
  return std::nullopt;
}

}  // namespace trainyard
