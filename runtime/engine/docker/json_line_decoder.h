#pragma once

// A stream of JSON values, one a line: the Engine's events and the progress of a pull. Knows
// nothing of sockets; takes bytes cut anywhere.

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/base/result.h"

namespace trainyard {

inline constexpr std::size_t json_line_limit_bytes = 4 << 20;

class JsonLineDecoder {
 public:
  using OnValue = std::function<Result<void>(const nlohmann::json&)>;

  // Calls `on_value` for each line that `bytes` completes; ends early with its error. data_corrupt
  // for a line that is no JSON, limit_exceeded for one that is too long.
  Result<void> feed(std::span<const std::byte> bytes, const OnValue& on_value);

  // The stream has ended: what is left is a line too.
  Result<void> finish(const OnValue& on_value);

 private:
  std::string line_;
};

}  // namespace trainyard
