#pragma once

// How the process is asked to stop. SIGTERM and SIGINT call back once; another one of them ends the
// process at once, for a user who does not want to wait. SIGPIPE is ignored: a peer that went away
// is an error of the call that wrote to it.

#include <functional>
#include <thread>

#include <signal.h>

#include "runtime/base/unique_fd.h"

namespace trainyard::server {

class StopSignals {
 public:
  // To be made before any other thread: the signals are blocked in the calling thread and in those
  // that it makes later. `on_stop` is called on a thread of this object and should not take long.
  explicit StopSignals(std::function<void()> on_stop);
  // Ends the waiting thread and gives the calling thread its mask back.
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  void wait();

  std::function<void()> on_stop_;
  sigset_t former_mask_{};
  UniqueFd signals_;
  UniqueFd ended_;
  std::thread thread_;
};

}  // namespace trainyard::server
