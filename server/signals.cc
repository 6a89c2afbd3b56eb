#include "server/signals.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace trainyard::server {

StopSignals::StopSignals(std::function<void()> on_stop) : on_stop_(std::move(on_stop)) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGTERM);
  sigaddset(&stopping, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stopping, &former_mask_);
  signals_.reset(::signalfd(-1, &stopping, SFD_CLOEXEC));
  ended_.reset(::eventfd(0, EFD_CLOEXEC));
  if (!signals_ || !ended_) throw std::runtime_error("no descriptors left to wait for signals");
  thread_ = std::thread([this] { wait(); });
}

StopSignals::~StopSignals() {
  const std::uint64_t one = 1;
  while (::write(ended_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &former_mask_, nullptr);
}

void StopSignals::wait() {
  bool stopping = false;
  std::array<pollfd, 2> entries{pollfd{signals_.get(), POLLIN, 0}, pollfd{ended_.get(), POLLIN, 0}};
  for (;;) {
    if (::poll(entries.data(), entries.size(), -1) < 0) continue;
    if (entries[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != sizeof info) continue;
    // What a shell reports for a process that this signal ended.
    if (stopping) ::_exit(128 + static_cast<int>(info.ssi_signo));
    stopping = true;
    on_stop_();
  }
}

}  // namespace trainyard::server
