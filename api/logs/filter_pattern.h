#pragma once

// CloudWatch's filter patterns. The first character tells which kind one is:
//
//   ERROR "disk full" -retry      terms: all of them, none of those with "-"
//   ?ERROR ?WARN                  any of them; without effect beside terms of the other kinds
//   { $.loss < 0.1 && $.ok IS TRUE }     members of a JSON event
//   [host, ..., status = 4*, bytes > 10]  fields of an event, separated by spaces
//
// Where a term or a value may stand, %expression% is a regular expression, found anywhere in it.

#include <memory>
#include <string_view>

#include "api/wire/aws_error.h"

namespace trainyard::api {

// Any number of threads may match with it at once.
class FilterPattern {
 public:
  // InvalidParameterException when it is none; the message says where. A pattern of white space
  // matches every event.
  static ApiResult<FilterPattern> parse(std::string_view text);

  // Bounded in steps and memory: an event on which a regular expression exceeds them does not
  // match.
  bool matches(std::string_view message) const { return matcher_->matches(message); }

  class Matcher {
   public:
    virtual ~Matcher() = default;
    virtual bool matches(std::string_view message) const = 0;
  };

 private:
  explicit FilterPattern(std::unique_ptr<const Matcher> matcher) : matcher_(std::move(matcher)) {}

  std::unique_ptr<const Matcher> matcher_;
};

using FilterMatcher = ApiResult<std::unique_ptr<const FilterPattern::Matcher>>;

// The three kinds; `text` begins with what tells the kind.
FilterMatcher parse_terms(std::string_view text);
FilterMatcher parse_json_filter(std::string_view text);
FilterMatcher parse_field_filter(std::string_view text);

}  // namespace trainyard::api
