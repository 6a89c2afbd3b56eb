#pragma once

// How a function of this project reports that it could not do what it was asked.
//
// Errors are values with a closed set of kinds. The kind is what a caller decides by; the message
// is what a person reads: it says what happened, to what, and, where there is one, what to do about
// it. Exceptions are left for broken invariants and are caught at the boundary of a task.

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <tl/expected.hpp>

namespace trainyard {

enum class ErrorKind {
  invalid_argument,   // the input is wrong, and stays wrong when tried again
  not_found,          // the thing named does not exist
  already_exists,     // the thing named exists, and should not
  conflict,           // the thing is in a state that does not allow this
  permission_denied,  // we, or the caller, may not
  unavailable,        // the other side is away; later may work
  timed_out,          // the deadline passed
  cancelled,          // a stop was requested
  limit_exceeded,     // a bound of ours was reached
  unsupported,        // understood, but not built
  data_corrupt,       // bytes are not what they claim to be
  internal,           // anything else
};

std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T = void>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message)});
}

inline tl::unexpected<Error> failure(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// For work whose parts do not depend on each other: all are done, and the first that failed is
// told.
inline void keep_first_error(Result<void>& kept, Result<void> result) {
  if (kept && !result) kept = std::move(result);
}

// An Error for a failed system call: kind from `error_number` (an errno value), message
// "<what>: <text of errno>".
Error system_error(int error_number, std::string_view what);

}  // namespace trainyard

#define TRAINYARD_JOIN_INNER(a, b) a##b
#define TRAINYARD_JOIN(a, b) TRAINYARD_JOIN_INNER(a, b)

// Evaluates a Result expression; returns its error from the enclosing function, or goes on with the
// value in `declaration`:  TRY(auto info, store.head(bucket, key));
#define TRY(declaration, expression) \
  TRY_INNER(TRAINYARD_JOIN(try_result_, __LINE__), declaration, expression)
#define TRY_INNER(result, declaration, expression)               \
  auto result = (expression);                                    \
  if (!result) return tl::unexpected(std::move(result).error()); \
  declaration = std::move(*result)

// The same for Result<void>, or where the value is not wanted.
#define TRY_VOID(expression) TRY_VOID_INNER(TRAINYARD_JOIN(check_result_, __LINE__), expression)
#define TRY_VOID_INNER(result, expression) \
  if (auto result = (expression); !result) return tl::unexpected(std::move(result).error())
