#include "runtime/log/log_collector.h"

namespace trainyard {

namespace {

constexpr std::chrono::milliseconds reconnect_pause{200};
// A full disk, or an Engine that stumbles, may be another a moment later.
constexpr std::chrono::seconds error_pause{1};

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
    if (result.error().kind == ErrorKind::cancelled) return result;
    const bool away = result.error().kind == ErrorKind::unavailable;
    const std::chrono::milliseconds pause = away ? reconnect_pause : error_pause;
    if (!wait_for(clock_, pause, stop)) {
      return failure(ErrorKind::cancelled, "reading the log was stopped");
    }
  }
}

Result<void> LogCollector::finish(std::stop_token stop) {
  if (!complete_) {
    const auto result = read(false, stop);
    if (!result && result.error().kind != ErrorKind::not_found) return result;
  }
  TRY_VOID(assembler_.finish(
      [this](Time time, std::string_view line) { return take_line(time, line); }));
  TRY_VOID(writer_->commit(assembler_.position()));
  return writer_->flush();
}

Result<void> LogCollector::read(bool follow, std::stop_token stop) {
  assembler_ = LineAssembler(writer_->position());
  const LineAssembler::OnLine on_line = [this](Time time, std::string_view line) {
    return take_line(time, line);
  };
  return engine_.read_logs(
      container_, writer_->position().since, follow,
      [&](const LogFrame& frame) -> Result<void> {
        TRY_VOID(assembler_.add(frame, on_line));
        return writer_->commit(assembler_.position());
      },
      stop);
}

Result<void> LogCollector::take_line(Time time, std::string_view line) {
  writer_->append(time, line);
  return {};
}

}  // namespace trainyard
