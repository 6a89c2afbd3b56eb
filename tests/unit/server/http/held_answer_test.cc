#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "server/http/http_server.h"
#include "tests/support/raw_client.h"

namespace trainyard::server {

namespace {

using namespace std::chrono_literals;
using testing::RawClient;

const std::string held_request = "GET /held HTTP/1.1\r\nHost: l\r\n\r\n";
const std::string other_request = "GET /other HTTP/1.1\r\nHost: l\r\n\r\n";

// Holds what is asked at /held until `release`.
struct Holding {
  explicit Holding(Limits limits = {}, std::optional<std::chrono::milliseconds> limit = {})
      : server(
            ListenAddress{"127.0.0.1", 0},
            [this, limit](api::Request& request) { return answer(request, limit); }, limits) {
    REQUIRE(server.start());
  }
  ~Holding() { server.stop(5s); }

  api::Response answer(const api::Request& request,
                       std::optional<std::chrono::milliseconds> limit) {
    api::Response response;
    response.headers.add("Content-Type", "application/json");
    if (request.path != "/held") {
      response.body = "other";
      return response;
    }
    const auto gone = std::shared_ptr<void>(nullptr, [this](void*) { --waiting; });
    response.body = api::HeldBody{notice, gone, limit, [this] { return made(); }};
    ++waiting;
    return response;
  }

  api::Response made() {
    api::Response response;
    response.status = status;
    response.headers.add("X-Made", "now");
    response.body = "{}";
    return response;
  }

  // Until so many requests are held.
  void await(int count) {
    while (waiting != count) std::this_thread::yield();
  }

  std::shared_ptr<Notice> notice = std::make_shared<Notice>();
  std::atomic<int> waiting = 0;
  int status = 200;
  HttpServer server;
};

Limits quick() {
  Limits limits;
  limits.sign_of_life_time = 1ms;
  return limits;
}

}  // namespace

TEST_CASE("a held request is answered when its time has come, and the next one after it") {
  Holding holding;
  RawClient client(holding.server.port());
  REQUIRE(client.send(held_request));
  holding.await(1);
  // What is sent ahead waits its turn.
  REQUIRE(client.send(other_request));
  holding.notice->give();
  const auto answer = client.receive();
  CHECK(answer.status == 200);
  CHECK(answer.has("X-Made: now"));
  CHECK(answer.has("Content-Length: 2"));
  CHECK(answer.body == "{}");
  CHECK(client.receive().body == "other");
  REQUIRE(client.send(held_request));
  CHECK(client.receive().body == "{}");
}

TEST_CASE("a held request is answered after its limit") {
  Holding holding({}, 1ms);
  RawClient client(holding.server.port());
  REQUIRE(client.send(held_request + other_request));
  CHECK(client.receive().body == "{}");
  CHECK(client.receive().body == "other");
}

TEST_CASE("who asks for no body is sent none while it waits") {
  Holding holding(quick(), 100ms);
  RawClient client(holding.server.port());
  REQUIRE(client.send("HEAD /held HTTP/1.1\r\nHost: l\r\n\r\n" + other_request));
  const RawClient::Answer head = client.receive(true);
  CHECK(head.status == 200);
  CHECK(head.has("Content-Length: 2"));
  CHECK(client.receive().body == "other");
}

TEST_CASE("more requests are held than there are threads") {
  Limits limits;
  limits.threads = 2;
  Holding holding(limits);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int count = 0; count < 20; ++count) {
    clients.push_back(std::make_unique<RawClient>(holding.server.port()));
    REQUIRE(clients.back()->send(held_request));
  }
  holding.await(20);
  RawClient other(holding.server.port());
  REQUIRE(other.send(other_request));
  CHECK(other.receive().body == "other");
  holding.notice->give();
  for (const auto& client : clients) CHECK(client->receive().body == "{}");
}

TEST_CASE("who waits long is sent the header and spaces") {
  Holding holding(quick());
  RawClient client(holding.server.port());
  REQUIRE(client.send(held_request));

  holding.await(1);
  // Not once, but again and again.
  REQUIRE(client.await("1\r\n \r\n1\r\n \r\n1\r\n \r\n"));
  REQUIRE(client.send("GET /other HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n"));
  holding.notice->give();
  const std::string text = client.receive_all();
  CHECK(text.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(text.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(text.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(text.find("1\r\n \r\n2\r\n{}\r\n0\r\n\r\nHTTP/1.1 200 OK") != std::string::npos);
  CHECK(text.ends_with("other"));
}

TEST_CASE("an answer that was begun and is a failure breaks off") {
  Holding holding(quick());
  holding.status = 400;
  RawClient client(holding.server.port());
  REQUIRE(client.send(held_request));
  holding.await(1);
  REQUIRE(client.await("1\r\n \r\n"));
  holding.notice->give();
  const std::string text = client.receive_all();
  CHECK(text.find("HTTP/1.1 200") == 0);
  CHECK_FALSE(text.ends_with("0\r\n\r\n"));
}

TEST_CASE("a client of HTTP/1.0 waits without spaces") {
  Holding holding(quick());
  RawClient client(holding.server.port());
  REQUIRE(client.send("GET /held HTTP/1.0\r\n\r\n"));
  holding.await(1);
  holding.notice->give();
  CHECK(client.receive_all().ends_with("\r\n\r\n{}"));
}

TEST_CASE("a client that goes away ends its held request") {
  Holding holding;
  {
    RawClient client(holding.server.port());
    REQUIRE(client.send(held_request));
    holding.await(1);
  }
  holding.await(0);
  RawClient client(holding.server.port());
  REQUIRE(client.send(held_request));
  holding.await(1);
  client.reset();
  holding.await(0);
}

TEST_CASE("a client that floods while it waits is left") {
  Limits limits;
  limits.header_bytes = 4096;
  Holding holding(limits);
  RawClient client(holding.server.port());
  REQUIRE(client.send(held_request));
  holding.await(1);
  while (client.send(std::string(1024, 'x')) && holding.waiting > 0) {
  }
  holding.await(0);
}

TEST_CASE("a server that stops answers what it holds as it stands") {
  Holding holding;
  RawClient client(holding.server.port());
  REQUIRE(client.send(held_request));
  holding.await(1);
  holding.server.stop(5s);
  const auto answer = client.receive();
  CHECK(answer.body == "{}");
  CHECK(answer.has("Connection: close"));
  CHECK(client.at_end());
}

}  // namespace trainyard::server
