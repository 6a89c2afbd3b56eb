#include "api/validation/pattern.h"

#include <map>
#include <mutex>
#include <stdexcept>

#include <fmt/format.h>

namespace trainyard::api {

namespace {

constexpr std::string_view alnum = "p{Alnum}";

Regex compile(const std::string& expression) {
  auto regex =
      Regex::compile(expression, {.place = Regex::Place::whole_text, .utf8 = Regex::Utf8::strict});
  if (!regex) throw std::logic_error(expression + ": " + regex.error().message);
  return std::move(*regex);
}

}  // namespace

std::string to_pcre2(std::string_view expression) {
  std::string rewritten;
  bool in_class = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\' && i + 1 < expression.size()) {
      if (expression.substr(i + 1).starts_with(alnum)) {
        rewritten += in_class ? "a-zA-Z0-9" : "[a-zA-Z0-9]";
        i += alnum.size();
      } else if (expression[i + 1] == 'u' && i + 5 < expression.size()) {
        rewritten += fmt::format("\\x{{{}}}", expression.substr(i + 2, 4));
        i += 5;
      } else {
        rewritten += c;
        rewritten += expression[++i];
      }
      continue;
    }
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    if (c == '.' && !in_class) {
      rewritten += R"([^\n\r\x{85}\x{2028}\x{2029}])";
    } else {
      rewritten += c;
    }
  }
  return rewritten;
}

Pattern::Pattern(std::string_view expression) : regex_(compile(to_pcre2(expression))) {
}

bool Pattern::matches(std::string_view text) const {
  return regex_.match(text) == Regex::Outcome::match;
}

const Pattern& compiled_pattern(std::string_view expression) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Pattern>, std::less<>> patterns;
  const std::lock_guard lock(mutex);
  const auto known = patterns.find(expression);
  if (known != patterns.end()) return *known->second;
  auto pattern = std::make_unique<Pattern>(expression);
  return *patterns.emplace(std::string(expression), std::move(pattern)).first->second;
}

}  // namespace trainyard::api
