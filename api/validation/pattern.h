#pragma once

// The service model's regular expressions. They are Java's and match whole strings; PCRE2 runs
// them, after a rewriting of the two things it reads differently: `.`, which excludes Java's line
// ends and no others, and `\p{Alnum}`.

#include <memory>
#include <string>
#include <string_view>

namespace trainyard::api {

// A compiled expression. Any number of threads may match with it at once.
class Pattern {
 public:
  // `expression` comes from a table of ours: one that does not compile is a broken invariant.
  explicit Pattern(std::string_view expression);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  // Whether all of `text` matches. Steps and memory are bounded: a text that exceeds them does not
  // match. Text that is not UTF-8 does not match either.
  bool matches(std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

// The compiled form of an expression, made at its first use and kept for ever.
const Pattern& compiled_pattern(std::string_view expression);

// The expression in PCRE2's syntax.
std::string to_pcre2(std::string_view expression);

}  // namespace trainyard::api
