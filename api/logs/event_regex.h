#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "api/wire/aws_error.h"
#include "runtime/base/regex.h"

namespace trainyard::api {

// A regular expression of a filter pattern, searched for in text that need not be UTF-8. Any number
// of threads may search with it at once.
class EventRegex {
 public:
  // InvalidParameterException when it does not compile.
  static ApiResult<EventRegex> compile(std::string_view expression);

  // A search that takes too many steps, too long or too much memory finds nothing; after some of
  // those nothing is searched any more.
  bool found_in(std::string_view text) const;

 private:
  struct Kept {
    Regex regex;
    std::atomic<int> hard_texts = 0;
  };
  explicit EventRegex(Regex regex) : kept_(std::make_shared<Kept>(std::move(regex))) {}

  std::shared_ptr<Kept> kept_;
};

}  // namespace trainyard::api
