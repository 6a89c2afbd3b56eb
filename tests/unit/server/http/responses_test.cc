#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>

#include "server/http/http_server.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/server/http/running_server.h"

namespace trainyard::server {

namespace {

using namespace std::chrono_literals;
using testing::echo;
using testing::get;
using testing::RawClient;
using testing::Running;

}  // namespace

TEST_CASE("an answer has a date, a server and a length") {
  Running running([](api::Request& request) {
    CHECK(request.id.size() == 36);
    CHECK(request.content_length == 0);
    api::Response response;
    response.headers.add("X-Own", "a\r\nSet-Cookie: b");
    response.headers.add("Content-Length", "99");
    response.body = "text";
    return response;
  });
  RawClient client = running.connect();
  client.send(get("/"));
  const auto answer = client.receive();
  CHECK(answer.header.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.has("\r\nDate: "));
  CHECK(answer.has(" GMT\r\n"));
  CHECK(answer.has("\r\nServer: trainyard/"));
  CHECK(answer.has("\r\nContent-Length: 4\r\n"));
  CHECK_FALSE(answer.has("99"));
  CHECK(answer.has("\r\nX-Own: a  Set-Cookie: b\r\n"));
  CHECK(answer.body == "text");
}

TEST_CASE("HTTP/1.0 is answered with its own rules") {
  Running running(echo);
  RawClient closing = running.connect();
  closing.send("GET /a HTTP/1.0\r\n\r\n");
  CHECK(closing.receive().body == "GET /a? ");
  CHECK(closing.at_end());
  RawClient keeping = running.connect();
  keeping.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(keeping.receive().has("Connection: keep-alive"));
  keeping.send("GET /b HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n");
  CHECK(keeping.receive().has("Connection: close"));
  CHECK(keeping.at_end());
}

TEST_CASE("HEAD, 204 and 304 have no body") {
  Running running([](api::Request& request) {
    api::Response response;
    response.body = "12345";
    if (request.path == "/204") response.status = 204;
    if (request.path == "/304") response.status = 304;
    if (request.path == "/stated") response.head_length = 1'000'000;
    return response;
  });
  RawClient client = running.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: l\r\n\r\n");
  CHECK(client.receive(true).has("Content-Length: 5\r\n"));
  client.send("HEAD /stated HTTP/1.1\r\nHost: l\r\n\r\n");
  CHECK(client.receive(true).has("Content-Length: 1000000\r\n"));
  client.send(get("/204"));
  CHECK_FALSE(client.receive().has("Content-Length"));
  client.send(get("/304"));
  CHECK_FALSE(client.receive().has("Content-Length"));
  client.send(get("/"));
  CHECK(client.receive().body == "12345");
}

TEST_CASE("a part of a file is sent as it is") {
  testing::TempDir directory;
  std::string content(3'000'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 >> 3);
  testing::write_file(directory / "file", content);
  const auto file =
      std::make_shared<UniqueFd>(::open((directory / "file").c_str(), O_RDONLY | O_CLOEXEC));
  Running running([&](api::Request& request) {
    api::Response response;
    response.body = request.path == "/part"    ? api::FileRange{file, file->get(), 1000, 2'000'000}
                    : request.path == "/empty" ? api::FileRange{file, file->get(), 1000, 0}
                                               : api::FileRange{file, file->get(), 0, 4'000'000};
    return response;
  });
  RawClient client = running.connect();
  client.send(get("/part") + get("/empty"));
  CHECK(client.receive().body == content.substr(1000, 2'000'000));
  CHECK(client.receive().body.empty());
  // Longer than the file: the client must notice.
  client.send(get("/too-long"));
  CHECK(client.receive().status == 0);
}

TEST_CASE("a streamed body goes out with its length, or in chunks, or ends with the connection") {
  struct Failing final : ByteSource {
    Result<std::size_t> read(std::span<std::byte> buffer) override {
      if (std::exchange(failed, true)) return failure(ErrorKind::internal, "broken");
      buffer[0] = std::byte{'x'};
      return std::size_t{1};
    }
    bool failed = false;
  };
  const std::string text(1'000'000, 's');
  Running running([&](api::Request& request) {
    api::Response response;
    api::StreamedBody body{std::make_unique<StringSource>(text), std::nullopt};
    if (request.path == "/sized") body.length = text.size();
    if (request.path == "/short") body.length = text.size() + 1;
    if (request.path == "/broken") body.source = std::make_unique<Failing>();
    response.body = std::move(body);
    return response;
  });
  RawClient client = running.connect();
  client.send(get("/sized") + get("/chunked"));
  CHECK(client.receive().body == text);
  const auto chunked = client.receive();
  CHECK(chunked.has("Transfer-Encoding: chunked"));
  CHECK(chunked.body == text);

  RawClient old = running.connect();
  old.send("GET /chunked HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto whole = old.receive();
  CHECK(whole.has("Connection: close"));
  CHECK(whole.body == text);

  client.send(get("/short"));
  CHECK(client.receive().status == 0);
  RawClient broken = running.connect();
  broken.send(get("/broken"));
  const std::string all = broken.receive_all();
  CHECK(all.ends_with("\r\n\r\n1\r\nx\r\n"));
}

TEST_CASE("a handler's exception is an answer, not the end") {
  struct Throwing final : ByteSource {
    Result<std::size_t> read(std::span<std::byte>) override { throw std::runtime_error("late"); }
  };
  Running running([](api::Request& request) -> api::Response {
    if (request.path == "/throw") throw std::runtime_error("broken");
    api::Response response;
    if (request.path == "/late")
      response.body = api::StreamedBody{std::make_unique<Throwing>(), {}};
    return response;
  });
  RawClient client = running.connect();
  client.send(get("/throw") + get("/"));
  CHECK(client.receive().status == 500);
  CHECK(client.receive().status == 200);
  client.send(get("/late"));
  CHECK(client.receive().status == 0);
  CHECK(client.at_end());
  RawClient next = running.connect();
  next.send(get("/"));
  CHECK(next.receive().status == 200);
}

}  // namespace trainyard::server
