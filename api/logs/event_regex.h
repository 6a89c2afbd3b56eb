#pragma once

#include <memory>
#include <string_view>

#include "api/wire/aws_error.h"

namespace trainyard::api {

// A regular expression of a filter pattern, searched for in text that need not be UTF-8. Any number
// of threads may search with it at once.
class EventRegex {
 public:
  // InvalidParameterException when it does not compile.
  static ApiResult<EventRegex> compile(std::string_view expression);

  // A search that takes too many steps or too much memory finds nothing.
  bool found_in(std::string_view text) const;

 private:
  struct Compiled;
  explicit EventRegex(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace trainyard::api
