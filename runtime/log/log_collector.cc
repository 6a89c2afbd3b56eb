#include "runtime/log/log_collector.h"

namespace trainyard {

namespace {

constexpr std::chrono::milliseconds reconnect_pause{200};

}  // namespace

LogCollector::LogCollector(ContainerEngine& engine, Clock& clock, std::string container,
                           std::shared_ptr<LogWriter> writer)
    : engine_(engine), clock_(clock), container_(std::move(container)), writer_(std::move(writer)) {
}

Result<void> LogCollector::follow(std::stop_token stop) {
  for (;;) {
    const auto result = read(true, stop);
    complete_ = result.has_value();
    if (result) return {};
    // A container that is gone has said all that it will ever say.
    if (result.error().kind == ErrorKind::not_found) return {};
    if (result.error().kind != ErrorKind::unavailable) return result;
    if (!wait_for(clock_, reconnect_pause, stop)) {
      return failure(ErrorKind::cancelled, "reading the log was stopped");
    }
  }
}

Result<void> LogCollector::finish(std::stop_token stop) {
  if (!complete_) {
    const auto result = read(false, stop);
    if (!result && result.error().kind != ErrorKind::not_found) return result;
  }
  TRY_VOID(assembler_.finish([&](Time time, std::string_view line) -> Result<void> {
    writer_->append(time, line);
    return {};
  }));
  TRY_VOID(writer_->commit(assembler_.position()));
  return writer_->flush();
}

Result<void> LogCollector::read(bool follow, std::stop_token stop) {
  assembler_ = LineAssembler(writer_->position());
  return engine_.read_logs(
      container_, writer_->position().since, follow,
      [&](const LogFrame& frame) -> Result<void> {
        TRY_VOID(assembler_.add(frame, [&](Time time, std::string_view line) -> Result<void> {
          writer_->append(time, line);
          return {};
        }));
        return writer_->commit(assembler_.position());
      },
      stop);
}

}  // namespace trainyard
