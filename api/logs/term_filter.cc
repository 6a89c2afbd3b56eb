#include <algorithm>

#include "api/logs/filter_pattern.h"
#include "api/logs/pattern_reader.h"

namespace trainyard::api {

namespace {

// A term is found anywhere in an event, with regard to case.
struct Term {
  std::string text;
  std::optional<EventRegex> regex;

  bool found_in(std::string_view message) const {
    return regex ? regex->found_in(message) : message.find(text) != message.npos;
  }
};

class TermMatcher final : public FilterPattern::Matcher {
 public:
  bool matches(std::string_view message) const override {
    const auto found = [&](const Term& term) { return term.found_in(message); };
    if (required.empty() && excluded.empty()) {
      return optional.empty() || std::ranges::any_of(optional, found);
    }
    return std::ranges::all_of(required, found) && std::ranges::none_of(excluded, found);
  }

  std::vector<Term> required;
  std::vector<Term> excluded;
  std::vector<Term> optional;
};

ApiResult<Term> take_term(PatternReader& reader) {
  Term term;
  if (reader.peek() == '"') {
    TRY(term.text, reader.take_quoted());
  } else if (reader.peek() == '%') {
    TRY(term.regex, reader.take_regex());
  } else {
    term.text = reader.take_until(" \t\r\n");
    if (term.text.empty()) return failure(reader.error("a term"));
  }
  return term;
}

}  // namespace

FilterMatcher parse_terms(std::string_view text) {
  auto matcher = std::make_unique<TermMatcher>();
  PatternReader reader(text);
  for (reader.skip_space(); !reader.at_end(); reader.skip_space()) {
    std::vector<Term>& terms = reader.peek() == '-'   ? matcher->excluded
                               : reader.peek() == '?' ? matcher->optional
                                                      : matcher->required;
    if (&terms != &matcher->required) reader.take_character();
    TRY(Term term, take_term(reader));
    terms.push_back(std::move(term));
  }
  return matcher;
}

}  // namespace trainyard::api
