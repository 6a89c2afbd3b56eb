#pragma once

// Asks the Engine about itself for somebody who will not wait for one that hangs: the question goes
// on without him, and the next one who asks gets its answer. Any thread.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "runtime/base/result.h"
#include "runtime/base/task_group.h"
#include "runtime/engine/container_engine.h"

namespace trainyard::server {

class EngineProbe {
 public:
  using Ask = std::function<Result<EngineInfo>()>;

  // `ask` outlives this; whoever ends the daemon makes it return.
  explicit EngineProbe(Ask ask, std::chrono::milliseconds patience = std::chrono::seconds(2));

  // timed_out when the Engine does not answer within the patience.
  Result<EngineInfo> info();

 private:
  const Ask ask_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable answered_;
  bool asking_ = false;
  std::uint64_t answers_ = 0;
  std::optional<Result<EngineInfo>> last_;
  TaskGroup threads_{"engine-probe", 2};  // one that asks, one that just ends
};

}  // namespace trainyard::server
