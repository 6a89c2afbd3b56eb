#include "server/logs_command.h"

#include <sstream>

#include <doctest/doctest.h>

#include "runtime/store/data_directory.h"
#include "tests/support/canned_server.h"
#include "tests/support/temp_dir.h"

namespace trainyard::server {

namespace {

struct Outcome {
  int code;
  std::string out;
  std::string messages;
};

Outcome run(const LogsOptions& options) {
  StringSink out;
  std::ostringstream messages;
  const int code = logs(options, out, messages);
  return {code, out.text(), messages.str()};
}

std::string answer(std::string_view status, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the log is printed byte by byte as the daemon sends it") {
  const std::string body("one\ntwo \xff\0 bytes\nno newline", 26);
  const testing::CannedServer server(answer("200 OK", body));
  const Outcome outcome = run({"job-1", server.url(), {}});
  CHECK(outcome.code == 0);
  CHECK(outcome.out == body);
  CHECK(outcome.messages.empty());
  REQUIRE(server.requests().size() == 1);
  const std::string request = server.requests().front();
  CHECK(request.starts_with("GET /_trainyard/jobs/job-1/log HTTP/1.1\r\n"));
  CHECK(contains(request, fmt::format("\r\nHost: 127.0.0.1:{}\r\n", server.port())));
}

TEST_CASE("a chunked log is printed, however large") {
  std::string body;
  for (int line = 0; line < 50'000; ++line) body += fmt::format("line {}\n", line);
  const testing::CannedServer server(
      fmt::format("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "4\r\nabc\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
                  body.size(), body));
  const Outcome outcome = run({"job", server.url() + "/", {}});
  CHECK(outcome.code == 0);
  CHECK(outcome.out == "abc\n" + body);
}

TEST_CASE("the daemon is found through the data directory") {
  const testing::TempDir temporary;
  const testing::CannedServer server(answer("200 OK", "line\n"));
  auto directory = DataDirectory::open(temporary.path());
  REQUIRE(directory);
  REQUIRE(directory->publish_address(server.url()));
  const Outcome outcome = run({"job", std::nullopt, temporary.path()});
  CHECK(outcome.code == 0);
  CHECK(outcome.out == "line\n");
}

TEST_CASE("a job's name cannot leave its place in the path") {
  const testing::CannedServer server(answer("404 Not Found", "no"));
  CHECK(run({"../a b?c", server.url(), {}}).code == 1);
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests().front().starts_with("GET /_trainyard/jobs/..%2Fa%20b%3Fc/log HTTP"));
}

TEST_CASE("without a daemon the user is told how to start one") {
  const testing::TempDir temporary;
  const Outcome outcome = run({"job", std::nullopt, temporary.path()});
  CHECK(outcome.code == 1);
  CHECK(outcome.out.empty());
  CHECK(outcome.messages ==
        fmt::format("trainyard: no Trainyard runs in the data directory {0}\nStart one with "
                    "\"trainyard serve --data-dir {0}\", or name another with --data-dir or "
                    "--url.\n",
                    temporary.path().string()));
}

TEST_CASE("an unknown job is reported in the daemon's words") {
  const testing::CannedServer server(answer("404 Not Found", "there is no job \"x\"\n"));
  const Outcome outcome = run({"x", server.url(), {}});
  CHECK(outcome.code == 1);
  CHECK(outcome.out.empty());
  CHECK(outcome.messages == "trainyard: there is no job \"x\"\n");
}

TEST_CASE("a refusal without text still says something") {
  const testing::CannedServer server(answer("503 Service Unavailable", ""));
  CHECK(contains(run({"x", server.url(), {}}).messages, "HTTP status 503"));
}

TEST_CASE("a log that breaks off is an error after what has come") {
  const testing::CannedServer server("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst\n");
  const Outcome outcome = run({"x", server.url(), {}});
  CHECK(outcome.code == 1);
  CHECK(outcome.out == "first\n");
  CHECK(contains(outcome.messages, "broke off"));
}

TEST_CASE("what is not a daemon is told apart from one that is not there") {
  const testing::CannedServer server("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  CHECK(contains(run({"x", server.url(), {}}).messages, "does not answer as a Trainyard does"));
  const std::string nobody = fmt::format("http://127.0.0.1:{}", testing::closed_port());
  const Outcome outcome = run({"x", nobody, {}});
  CHECK(outcome.code == 1);
  CHECK(contains(outcome.messages, "cannot reach " + nobody));
  CHECK(contains(run({"x", "https://host", {}}).messages, "is not the base URL"));
  CHECK(contains(run({"x", "http://host/path", {}}).messages, "is not the base URL"));
  CHECK(contains(run({"x", "http://host:99999", {}}).messages, "is not the base URL"));
}

TEST_CASE("a reader that has seen enough is no error") {
  class ClosedSink final : public ByteSink {
    Result<void> write(std::span<const std::byte>) override {
      return failure(system_error(EPIPE, "write"));
    }
  };
  const testing::CannedServer server(answer("200 OK", "line\n"));
  ClosedSink out;
  std::ostringstream messages;
  CHECK(logs({"x", server.url(), {}}, out, messages) == 0);
  CHECK(messages.str().empty());
}

}  // namespace trainyard::server
