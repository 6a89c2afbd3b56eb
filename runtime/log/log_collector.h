#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/engine/container_engine.h"
#include "runtime/log/log_store.h"

namespace trainyard {

// Carries the output of one container into a log stream, from where the stream left off. Used by
// one thread.
class LogCollector {
 public:
  // Holds references; all must outlive it.
  LogCollector(ContainerEngine& engine, Clock& clock, std::string container,
               std::shared_ptr<LogWriter> writer);

  // Follows the output until the Engine says that it has ended, reconnecting as often as needed. A
  // disk that is full is waited for. Errors: cancelled, and what else the disk refuses.
  Result<void> follow(std::stop_token stop);

  // To be called when the container has ended and `follow` has returned: takes what `follow` did
  // not come to, and the last line that has no newline.
  Result<void> finish(std::stop_token stop);

 private:
  Result<void> read(bool follow, std::stop_token stop);
  // Every complete line, once, in order.
  Result<void> take_line(Time time, std::string_view line);

  ContainerEngine& engine_;
  Clock& clock_;
  std::string container_;
  std::shared_ptr<LogWriter> writer_;
  LineAssembler assembler_;
  bool complete_ = false;  // everything there is was read
};

}  // namespace trainyard
