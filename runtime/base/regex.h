#pragma once

// Regular expressions of strangers over texts of strangers: PCRE2 with bounds on steps, memory and
// time, so that no pair of them takes long.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "runtime/base/result.h"

namespace trainyard {

// A compiled expression. Any number of threads may match with it at once.
class Regex {
 public:
  enum class Place { anywhere, whole_text };
  // Texts that are not UTF-8: where the bytes are wrong nothing matches, or there is no match at
  // all.
  enum class Utf8 { lenient, strict };
  struct Options {
    Place place = Place::anywhere;
    Utf8 utf8 = Utf8::lenient;
    // From each place where a match may begin. Steps may be long, so there is a bound of time too.
    std::uint32_t most_steps = 1'000'000;
    std::chrono::milliseconds most_time{100};
  };
  enum class Outcome {
    match,
    no_match,
    too_hard,  // a bound was reached
  };

  // invalid_argument tells what is wrong, and at which character.
  static Result<Regex> compile(std::string_view expression, const Options& options);

  Outcome match(std::string_view text) const;
  // Also gives what the first group matched ("" when it took no part), or all that matched where
  // the expression has no group.
  Outcome match(std::string_view text, std::string_view& found) const;

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

 private:
  struct Compiled;
  explicit Regex(std::unique_ptr<Compiled> compiled);

  std::unique_ptr<Compiled> compiled_;
};

}  // namespace trainyard
