#include "api/logs/event_regex.h"

#include "api/logs/log_errors.h"

namespace trainyard::api {

namespace {

constexpr std::uint32_t most_steps = 100'000;
constexpr int most_hard_texts = 20;

}  // namespace

ApiResult<EventRegex> EventRegex::compile(std::string_view expression) {
  Regex::Options options;
  options.most_steps = most_steps;
  auto compiled = Regex::compile(expression, options);
  if (!compiled) {
    return failure(invalid_log_parameter(
        fmt::format("Invalid filter pattern: the regular expression %{}% is wrong: {}", expression,
                    compiled.error().message)));
  }
  return EventRegex(std::move(*compiled));
}

bool EventRegex::found_in(std::string_view text) const {
  if (kept_->hard_texts >= most_hard_texts) return false;
  const Regex::Outcome outcome = kept_->regex.match(text);
  if (outcome == Regex::Outcome::too_hard) ++kept_->hard_texts;
  return outcome == Regex::Outcome::match;
}

}  // namespace trainyard::api
