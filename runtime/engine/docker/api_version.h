#pragma once

// The version of the Engine's API that we speak. Newer Engines refuse old versions and older ones
// new, so it is agreed on with each Engine.

#include <compare>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace trainyard {

struct ApiVersion {
  unsigned major = 0;
  unsigned minor = 0;

  std::string text() const;
  static std::optional<ApiVersion> parse(std::string_view text);

  friend auto operator<=>(const ApiVersion&, const ApiVersion&) = default;
};

// What the requests of this client are written for, and the oldest that has all they use.
inline constexpr ApiVersion preferred_api_version{1, 44};
inline constexpr ApiVersion oldest_api_version{1, 40};

// The preferred version where the Engine has it, else the nearest that it has. unsupported for an
// Engine that is too old.
Result<ApiVersion> agree_on_version(ApiVersion engine_oldest, ApiVersion engine_newest);

// From the Engine's answer to GET /version.
Result<ApiVersion> agree_on_version(std::string_view version_reply);

// Agrees once and remembers; callers that come meanwhile wait for the same answer. Any thread.
class VersionAgreement {
 public:
  using Agree = std::function<Result<ApiVersion>(std::stop_token)>;

  Result<ApiVersion> get(const Agree& agree, std::stop_token stop);
  // Another Engine may answer from now on.
  void forget();

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<ApiVersion> agreed_;
  bool asking_ = false;
};

}  // namespace trainyard
