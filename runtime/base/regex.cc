#include "runtime/base/regex.h"

#include <array>
#include <new>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace trainyard {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint32_t most_heap_kib = 8 * 1024;

// Of the match that this thread is at.
struct Budget {
  SteadyClock::time_point deadline;
  unsigned calls = 0;
};
thread_local Budget budget;

// Called before each item of the expression that is tried.
int spend(pcre2_callout_block*, void*) {
  constexpr unsigned calls_for_a_look = 64;
  if (++budget.calls % calls_for_a_look != 0) return 0;
  return SteadyClock::now() < budget.deadline ? 0 : PCRE2_ERROR_CALLOUT;
}

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

std::uint32_t flags_of(const Regex::Options& options) {
  std::uint32_t flags = options.utf8 == Regex::Utf8::strict ? PCRE2_UTF : PCRE2_MATCH_INVALID_UTF;
  flags |= PCRE2_AUTO_CALLOUT;
  if (options.place == Regex::Place::whole_text) flags |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
  return flags;
}

// Room for the whole match and one group; each thread has its own.
pcre2_match_data* match_data() {
  thread_local const MatchData data(pcre2_match_data_create(2, nullptr));
  if (!data) throw std::bad_alloc();
  return data.get();
}

}  // namespace

struct Regex::Compiled {
  Code code;
  MatchContext context;
  std::uint32_t groups = 0;
  std::chrono::milliseconds most_time{};
};

Regex::Regex(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {
}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(std::string_view expression, const Options& options) {
  auto compiled = std::make_unique<Compiled>();
  int error = 0;
  PCRE2_SIZE offset = 0;
  compiled->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()),
                                     expression.size(), flags_of(options), &error, &offset,
                                     nullptr));
  if (!compiled->code) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return failure(
        ErrorKind::invalid_argument,
        fmt::format("{} at position {}", reinterpret_cast<const char*>(text.data()), offset));
  }
  // Where there is no JIT, matching falls back to PCRE2's interpreter by itself.
  pcre2_jit_compile(compiled->code.get(), PCRE2_JIT_COMPLETE);
  compiled->context.reset(pcre2_match_context_create(nullptr));
  if (!compiled->context) throw std::bad_alloc();
  pcre2_set_match_limit(compiled->context.get(), options.most_steps);
  pcre2_set_heap_limit(compiled->context.get(), most_heap_kib);
  pcre2_set_callout(compiled->context.get(), spend, nullptr);
  compiled->most_time = options.most_time;
  pcre2_pattern_info(compiled->code.get(), PCRE2_INFO_CAPTURECOUNT, &compiled->groups);
  return Regex(std::move(compiled));
}

Regex::Outcome Regex::match(std::string_view text) const {
  std::string_view ignored;
  return match(text, ignored);
}

Regex::Outcome Regex::match(std::string_view text, std::string_view& found) const {
  pcre2_match_data* const data = match_data();
  const auto run = [&](std::uint32_t options) {
    return pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                       text.size(), 0, options, data, compiled_->context.get());
  };
  budget = {SteadyClock::now() + compiled_->most_time};
  int result = run(0);
  // The JIT's stack is small and fixed; the interpreter takes from the heap, up to its limit.
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(PCRE2_NO_JIT);
  if (result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_HEAPLIMIT ||
      result == PCRE2_ERROR_DEPTHLIMIT || result == PCRE2_ERROR_CALLOUT) {
    return Outcome::too_hard;
  }
  if (result < 0) return Outcome::no_match;
  const std::size_t group = compiled_->groups > 0 ? 1 : 0;
  const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(data);
  const PCRE2_SIZE begin = ends[2 * group];
  const PCRE2_SIZE end = ends[2 * group + 1];
  found =
      begin == PCRE2_UNSET || end < begin ? std::string_view() : text.substr(begin, end - begin);
  return Outcome::match;
}

}  // namespace trainyard
