#include "server/http/http_server.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/unit/server/http/running_server.h"

namespace trainyard::server {

namespace {

using namespace std::chrono_literals;
using testing::echo;
using testing::echo_limit;
using testing::get;
using testing::RawClient;
using testing::Running;

}  // namespace

TEST_CASE("one connection carries many requests, also sent ahead") {
  Running running(echo);
  RawClient client = running.connect();
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += get("/" + std::to_string(i) + "?q=" + std::to_string(i));
  REQUIRE(client.send(requests));
  for (int i = 0; i < 20; ++i) {
    const auto number = std::to_string(i);
    CHECK(client.receive().body == "GET /" + number + "?q=" + number + " ");
  }
  REQUIRE(
      client.send("POST /p HTTP/1.1\r\nHost: l\r\nContent-Length: 5\r\n\r\nhello" + get("/next")));
  CHECK(client.receive().body == "POST /p? hello");
  CHECK(client.receive().body == "GET /next? ");
}

TEST_CASE("clients that go away do no harm") {
  std::promise<void> gone;
  std::promise<bool> body_failed;
  std::atomic<int> answered = 0;
  Running running([&](api::Request& request) {
    if (request.path == "/wait") gone.get_future().wait();
    api::Response response;
    const auto body = read_all(*request.body, echo_limit);
    if (request.path == "/body") body_failed.set_value(!body);
    response.body = std::string(20'000'000, 'x');
    ++answered;
    return response;
  });
  {
    RawClient client = running.connect();
    client.send(get("/wait"));
    client.reset();
  }
  gone.set_value();
  {
    RawClient client = running.connect();
    client.send("PUT /body HTTP/1.1\r\nHost: l\r\nContent-Length: 100\r\n\r\nonly this");
    client.finish_sending();
    CHECK(body_failed.get_future().get());
  }
  running.connect().send("GET /half");
  RawClient client = running.connect();
  client.send(get("/"));
  CHECK(client.receive().body.size() == 20'000'000);
}

TEST_CASE("slow clients are left after their time") {
  Limits limits;
  limits.header_time = 50ms;
  limits.idle_time = 50ms;
  limits.read_time = 50ms;
  limits.write_time = 50ms;
  SUBCASE("no request at all") {
    Running running(echo, limits);
    CHECK(running.connect().at_end());
  }
  SUBCASE("half a header") {
    Running running(echo, limits);
    RawClient client = running.connect();
    client.send("GET / HTTP/1.1\r\nHo");
    CHECK(client.at_end());
  }
  SUBCASE("no second request") {
    Running running(echo, limits);
    RawClient client = running.connect();
    client.send(get("/"));
    CHECK(client.receive().status == 200);
    CHECK(client.at_end());
  }
  SUBCASE("half a body") {
    Running running(echo, limits);
    RawClient client = running.connect();
    client.send("PUT / HTTP/1.1\r\nHost: l\r\nContent-Length: 100\r\n\r\nhalf");
    CHECK(client.receive().status == 400);
  }
  SUBCASE("an answer that is not taken") {
    std::promise<void> destroyed;
    struct Endless final : ByteSource {
      explicit Endless(std::promise<void>& promise) : end(promise) {}
      ~Endless() override { end.set_value(); }
      Result<std::size_t> read(std::span<std::byte> buffer) override { return buffer.size(); }
      std::promise<void>& end;
    };
    Running running(
        [&](api::Request&) {
          api::Response response;
          response.body = api::StreamedBody{std::make_unique<Endless>(destroyed), std::nullopt};
          return response;
        },
        limits);
    RawClient client = running.connect();
    client.send(get("/"));
    destroyed.get_future().wait();
  }
}

TEST_CASE("many connections share few threads") {
  Limits limits;
  limits.threads = 4;
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  Running running(
      [&](api::Request& request) {
        const int now = ++at_once;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        api::Response response = echo(request);
        --at_once;
        return response;
      },
      limits);
  std::vector<RawClient> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(running.connect());
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      REQUIRE(clients[i].send(get("/" + std::to_string(i)) + get("/second")));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      REQUIRE(clients[i].receive().body == "GET /" + std::to_string(i) + "? ");
      REQUIRE(clients[i].receive().body == "GET /second? ");
    }
  }
  CHECK(most.load() <= 4);
}

TEST_CASE("a hundred clients that send slowly keep nobody else waiting") {
  Running running(echo);
  std::vector<RawClient> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(running.connect());
    REQUIRE(slow.back().send("POST / HTTP/1.1\r\nHost: l\r\nContent-Length: 100\r\n\r\nx"));
  }
  RawClient other = running.connect();
  REQUIRE(other.send(get("/")));
  CHECK(other.receive().body == "GET /? ");
}

TEST_CASE("slow headers hold no thread") {
  Limits limits;
  limits.threads = 1;
  Running running(echo, limits);
  std::vector<RawClient> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(running.connect());
    slow.back().send("GET /slow HTTP/1.1\r\nHost");
  }
  RawClient client = running.connect();
  client.send(get("/fast"));
  CHECK(client.receive().body == "GET /fast? ");
  for (RawClient& each : slow) {
    each.send(": l\r\n\r\n");
    CHECK(each.receive().body == "GET /slow? ");
  }
}

TEST_CASE("beyond the limit of connections clients wait until one is closed") {
  Limits limits;
  limits.connections = 2;
  Running running(echo, limits);
  auto first = std::make_unique<RawClient>(running.server.port());
  RawClient second = running.connect();
  first->send(get("/1"));
  second.send(get("/2"));
  CHECK(first->receive().status == 200);
  CHECK(second.receive().status == 200);
  RawClient third = running.connect();
  third.send(get("/3"));
  second.send(get("/2"));
  CHECK(second.receive().status == 200);
  first.reset();
  CHECK(third.receive().body == "GET /3? ");
}

TEST_CASE("a stop finishes the request at work and closes idle connections") {
  std::promise<void> entered;
  std::promise<void> proceed;
  auto server = std::make_unique<Running>([&](api::Request& request) {
    if (request.path == "/work") {
      entered.set_value();
      proceed.get_future().wait();
    }
    return echo(request);
  });
  RawClient idle = server->connect();
  idle.send(get("/"));
  CHECK(idle.receive().status == 200);
  RawClient fresh = server->connect();
  RawClient working = server->connect();
  working.send(get("/work"));
  entered.get_future().wait();
  std::thread stopper([&] { server->server.stop(10s); });
  CHECK(idle.at_end());
  CHECK(fresh.at_end());
  proceed.set_value();
  const auto answer = working.receive();
  CHECK(answer.body == "GET /work? ");
  CHECK(answer.has("Connection: close"));
  CHECK(working.at_end());
  stopper.join();
}

TEST_CASE("a stop cuts what does not end in time") {
  Running running(echo);
  RawClient body = running.connect();
  body.send("PUT / HTTP/1.1\r\nHost: l\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
  CHECK(body.receive().status == 100);  // the handler now waits for the body
  const auto begin = std::chrono::steady_clock::now();
  running.server.stop(20ms);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  CHECK(body.receive().status == 0);
}

TEST_CASE("a stop under load ends") {
  for (int round = 0; round < 10; ++round) {
    auto server = std::make_unique<Running>(echo);
    std::atomic<bool> stop = false;
    std::vector<std::thread> threads;
    std::promise<void> first;
    std::atomic<bool> first_set = false;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, client = server->connect()]() mutable {
        while (!stop && client.send(get("/"))) {
          if (client.receive().status != 200) break;
          if (!first_set.exchange(true)) first.set_value();
        }
      });
    }
    first.get_future().wait();
    server->server.stop(5s);
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }
}

TEST_CASE("IPv6, and an address that is taken") {
  HttpServer server(ListenAddress{"::1", 0}, echo);
  REQUIRE(server.start());
  RawClient client(server.port(), "::1");
  client.send(get("/six"));
  CHECK(client.receive().body == "GET /six? ");
  HttpServer second(ListenAddress{"::1", server.port()}, echo);
  const auto started = second.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().kind == ErrorKind::already_exists);
  HttpServer nowhere(ListenAddress{"192.0.2.1", 0}, echo);
  CHECK(nowhere.start().error().kind == ErrorKind::invalid_argument);
}

}  // namespace trainyard::server
