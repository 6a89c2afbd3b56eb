#include "api/logs/filter_pattern.h"

namespace trainyard::api {

ApiResult<FilterPattern> FilterPattern::parse(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(begin);
  const char first = text.empty() ? ' ' : text.front();
  TRY(auto matcher, first == '{'   ? parse_json_filter(text)
                    : first == '[' ? parse_field_filter(text)
                                   : parse_terms(text));
  return FilterPattern(std::move(matcher));
}

}  // namespace trainyard::api
