#include "api/validation/pattern.h"

#include <map>
#include <mutex>
#include <stdexcept>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace trainyard::api {

namespace {

constexpr std::uint32_t match_steps_max = 1'000'000;
constexpr std::uint32_t match_heap_kib_max = 8 * 1024;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

using Code = std::unique_ptr<pcre2_code, Freed<pcre2_code_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>>;

constexpr std::string_view alnum = "p{Alnum}";

}  // namespace

struct Pattern::Compiled {
  Code code;
  MatchContext context;
};

std::string to_pcre2(std::string_view expression) {
  std::string rewritten;
  bool in_class = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\' && i + 1 < expression.size()) {
      if (expression.substr(i + 1).starts_with(alnum)) {
        rewritten += in_class ? "a-zA-Z0-9" : "[a-zA-Z0-9]";
        i += alnum.size();
      } else {
        rewritten += c;
        rewritten += expression[++i];
      }
      continue;
    }
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    if (c == '.' && !in_class) {
      rewritten += R"([^\n\r\x{85}\x{2028}\x{2029}])";
    } else {
      rewritten += c;
    }
  }
  return rewritten;
}

Pattern::Pattern(std::string_view expression) : compiled_(std::make_unique<Compiled>()) {
  const std::string text = to_pcre2(expression);
  int error = 0;
  PCRE2_SIZE offset = 0;
  compiled_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                      PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error,
                                      &offset, nullptr));
  if (!compiled_->code) throw std::logic_error("not a regular expression: " + text);
  // Where there is no JIT, matching falls back to PCRE2's interpreter by itself.
  pcre2_jit_compile(compiled_->code.get(), PCRE2_JIT_COMPLETE);
  compiled_->context.reset(pcre2_match_context_create(nullptr));
  if (!compiled_->context) throw std::bad_alloc();
  pcre2_set_match_limit(compiled_->context.get(), match_steps_max);
  pcre2_set_heap_limit(compiled_->context.get(), match_heap_kib_max);
}

Pattern::~Pattern() = default;

bool Pattern::matches(std::string_view text) const {
  const MatchData data(pcre2_match_data_create(1, nullptr));
  if (!data) throw std::bad_alloc();
  const auto run = [&](std::uint32_t options) {
    return pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                       text.size(), 0, options, data.get(), compiled_->context.get());
  };
  int result = run(0);
  // The JIT's stack is small and fixed; the interpreter takes from the heap, up to its limit.
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(PCRE2_NO_JIT);
  return result >= 0;
}

const Pattern& compiled_pattern(std::string_view expression) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Pattern>, std::less<>> patterns;
  const std::lock_guard lock(mutex);
  const auto known = patterns.find(expression);
  if (known != patterns.end()) return *known->second;
  auto pattern = std::make_unique<Pattern>(expression);
  return *patterns.emplace(std::string(expression), std::move(pattern)).first->second;
}

}  // namespace trainyard::api
