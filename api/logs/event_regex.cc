#include "api/logs/event_regex.h"

#include <array>
#include <new>

#include "api/logs/log_errors.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace trainyard::api {

namespace {

constexpr std::uint32_t match_steps_max = 100'000;
constexpr std::uint32_t match_heap_kib_max = 4 * 1024;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

}  // namespace

struct EventRegex::Compiled {
  std::unique_ptr<pcre2_code, Freed<pcre2_code_free>> code;
  std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>> context;
};

ApiResult<EventRegex> EventRegex::compile(std::string_view expression) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  auto compiled = std::make_shared<Compiled>();
  compiled->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()),
                                     expression.size(), PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error,
                                     &offset, nullptr));
  if (!compiled->code) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return failure(invalid_log_parameter(
        fmt::format("Invalid filter pattern: the regular expression %{}% is wrong at character {}: "
                    "{}",
                    expression, offset, reinterpret_cast<const char*>(text.data()))));
  }
  // Where there is no JIT, matching falls back to PCRE2's interpreter by itself.
  pcre2_jit_compile(compiled->code.get(), PCRE2_JIT_COMPLETE);
  compiled->context.reset(pcre2_match_context_create(nullptr));
  if (!compiled->context) throw std::bad_alloc();
  pcre2_set_match_limit(compiled->context.get(), match_steps_max);
  pcre2_set_heap_limit(compiled->context.get(), match_heap_kib_max);
  return EventRegex(std::move(compiled));
}

bool EventRegex::found_in(std::string_view text) const {
  const std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>> data(
      pcre2_match_data_create(1, nullptr));
  if (!data) throw std::bad_alloc();
  const auto run = [&](std::uint32_t options) {
    return pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                       text.size(), 0, options, data.get(), compiled_->context.get());
  };
  int result = run(0);
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(PCRE2_NO_JIT);
  return result >= 0;
}

}  // namespace trainyard::api
