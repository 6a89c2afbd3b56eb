#include "server/logs_command.h"

#include <chrono>
#include <iostream>

#include <signal.h>
#include <unistd.h>

#include "runtime/store/data_directory.h"
#include "server/http_client.h"

namespace trainyard::server {

namespace {

constexpr std::chrono::seconds patience{60};

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

Result<BaseUrl> find_daemon(const LogsOptions& options) {
  if (options.url) return parse_base_url(*options.url);
  auto address = read_address(options.data_dir);
  if (address) return parse_base_url(*address);
  std::string message = address.error().message;
  if (address.error().kind == ErrorKind::not_found) {
    message += fmt::format(
        "\nStart one with \"trainyard serve --data-dir {}\", or name another with --data-dir or "
        "--url.",
        options.data_dir.string());
  }
  return failure(address.error().kind, std::move(message));
}

Result<void> print_log(const LogsOptions& options, ByteSink& out) {
  TRY(const BaseUrl base, find_daemon(options));
  const std::string path = "/_trainyard/jobs/" + percent_encoded(options.job) + "/log";
  TRY(HttpAnswer answer, http_get(base, path, out, patience));
  if (answer.status == 200) return {};
  while (answer.text.ends_with('\n')) answer.text.pop_back();
  if (answer.text.empty()) {
    answer.text = fmt::format("{} answered with HTTP status {}", base.text(), answer.status);
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
