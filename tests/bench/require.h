#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "runtime/base/result.h"

namespace trainyard {

// The value of a result that nothing in a benchmark can do without.
template <typename T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace trainyard
