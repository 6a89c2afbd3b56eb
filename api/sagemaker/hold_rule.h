#pragma once

// Which DescribeTrainingJob is not answered at once. A local job takes seconds, but clients made
// for a service far away ask rarely: every 2 minutes the waiters of the AWS SDKs, every 30 seconds
// SageMaker's own SDK. So the answer to who only waits for the end comes when the end does.
//
// Pure; any thread.

#include <chrono>
#include <optional>
#include <string_view>

namespace trainyard::api {

enum class Asker {
  other,
  waiter,          // an AWS SDK that polls until a state is reached
  sagemaker_sdk,   // SageMaker Python SDK, 2.x
  sagemaker_core,  // the same from 3.0 on, whose resources ask by this library
};

// By the User-Agent field. A waiter marks itself by the feature B in the list "m/…".
Asker asker_of(std::string_view user_agent);

struct DescribeQuestion {
  Asker asker = Asker::other;
  bool terminal = false;              // the job has ended
  bool first_after_creation = false;  // the asker made the job, and asks for the first time
  std::chrono::nanoseconds age{};     // of the job
};

struct Hold {
  std::optional<std::chrono::milliseconds> limit;  // none: until the job has ended

  friend bool operator==(const Hold&, const Hold&) = default;
};

// Nothing: the answer is due at once. `longest` is how long an SDK's question is held.
std::optional<Hold> hold_of(const DescribeQuestion& question, std::chrono::milliseconds longest);

inline constexpr std::chrono::seconds default_hold{8};

}  // namespace trainyard::api
