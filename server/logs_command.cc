#include "server/logs_command.h"

#include <chrono>
#include <iostream>

#include <signal.h>
#include <unistd.h>

#include "server/running_daemon.h"

namespace trainyard::server {

namespace {

constexpr std::chrono::seconds log_patience{60};

// Remembers whether it was the reader of the output that failed.
class OutputSink final : public ByteSink {
 public:
  explicit OutputSink(ByteSink& out) : out_(out) {}
  Result<void> write(std::span<const std::byte> bytes) override {
    auto written = out_.write(bytes);
    closed_ = !written && written.error().kind == ErrorKind::unavailable;
    return written;
  }
  bool closed() const { return closed_; }

 private:
  ByteSink& out_;
  bool closed_ = false;
};

Result<void> print_log(const LogsOptions& options, ByteSink& out) {
  TRY(const RunningDaemon daemon, find_daemon(options.url, options.data_dir));
  const std::string path = "/_trainyard/jobs/" + percent_encoded(options.job) + "/log";
  TRY(HttpAnswer answer, http_get(daemon.url, path, out, log_patience, daemon.token));
  if (answer.status == 200) return {};
  while (answer.text.ends_with('\n')) answer.text.pop_back();
  if (answer.text.empty()) {
    answer.text = fmt::format("{} answered with HTTP status {}", daemon.url.text(), answer.status);
  }
  return failure(answer.status == 404 ? ErrorKind::not_found : ErrorKind::internal, answer.text);
}

}  // namespace

int logs(const LogsOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  FdSink out(STDOUT_FILENO);
  return logs(options, out, std::cerr);
}

int logs(const LogsOptions& options, ByteSink& out, std::ostream& messages) {
  OutputSink output(out);
  const auto printed = print_log(options, output);
  if (printed || output.closed()) return 0;
  messages << "trainyard: " << printed.error().message << '\n';
  return 1;
}

}  // namespace trainyard::server
