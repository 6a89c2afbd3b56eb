#pragma once

// The service model's regular expressions. They are Java's and match whole strings; PCRE2 runs
// them, after a rewriting of what it reads differently: `.`, which excludes Java's line ends and no
// others, `\p{Alnum}` and `\u0020`.

#include <string>
#include <string_view>

#include "runtime/base/regex.h"

namespace trainyard::api {

// A compiled expression. Any number of threads may match with it at once.
class Pattern {
 public:
  // `expression` comes from a table of ours: one that does not compile is a broken invariant.
  explicit Pattern(std::string_view expression);

  // Whether all of `text` matches. Steps and memory are bounded: a text that exceeds them does not
  // match. Text that is not UTF-8 does not match either.
  bool matches(std::string_view text) const;

 private:
  Regex regex_;
};

// The compiled form of an expression, made at its first use and kept for ever.
const Pattern& compiled_pattern(std::string_view expression);

// The expression in PCRE2's syntax.
std::string to_pcre2(std::string_view expression);

}  // namespace trainyard::api
