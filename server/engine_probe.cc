#include "server/engine_probe.h"

#include <utility>

namespace trainyard::server {

EngineProbe::EngineProbe(Ask ask, std::chrono::milliseconds patience)
    : ask_(std::move(ask)), patience_(patience) {
}

Result<EngineInfo> EngineProbe::info() {
  std::unique_lock lock(mutex_);
  const std::uint64_t before = answers_;
  // Where threads of earlier answers have not ended yet, there is an answer already.
  if (!asking_) {
    asking_ = threads_.spawn([this](std::stop_token) {
      auto info = ask_();
      const std::lock_guard answer_lock(mutex_);
      last_ = std::move(info);
      ++answers_;
      asking_ = false;
      answered_.notify_all();
    });
    if (!asking_ && last_) return *last_;
  }
  if (!answered_.wait_for(lock, patience_, [&] { return answers_ > before; })) {
    return failure(
        ErrorKind::timed_out,
        fmt::format("the Engine did not answer within {} s",
                    std::chrono::duration_cast<std::chrono::seconds>(patience_).count()));
  }
  return *last_;
}

}  // namespace trainyard::server
