#include "server/http/http_server.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>

#include "tests/support/raw_client.h"
#include "tests/support/temp_dir.h"

namespace trainyard::server {

namespace {

using namespace std::chrono_literals;
using testing::RawClient;

constexpr std::size_t echo_limit = 64 * 1024 * 1024;

// Says what arrived: "METHOD PATH?QUERY BODY", or the error that reading the body ended with.
api::Response echo(api::Request& request) {
  api::Response response;
  auto body = read_all(*request.body, echo_limit);
  response.status = body ? 200 : 400;
  response.body = request.method + " " + request.path + "?" + request.query + " " +
                  (body ? *body : body.error().message);
  return response;
}

api::Response ignore_body(api::Request&) {
  api::Response response;
  response.body = "ignored";
  return response;
}

// A server that runs for one test, with short times where waiting is the point.
struct Running {
  explicit Running(Handler handler, Limits limits = {})
      : server(ListenAddress{"127.0.0.1", 0}, std::move(handler), limits) {
    REQUIRE(server.start());
  }
  RawClient connect() const { return RawClient(server.port()); }
  HttpServer server;
};

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

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

TEST_CASE("a request may arrive in two parts, split at any byte") {
  Limits limits;
  limits.linger_time = 0ms;  // every split goes through the reactor
  Running running(echo, limits);
  const std::string length =
      "PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n0123456789";
  const std::string chunks =
      "PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4;ext=1\r\n0123\r\n6\r\n456789\r\n0\r\nTrailer: x\r\n\r\n";
  for (const std::string& request : {length, chunks}) {
    RawClient client = running.connect();
    for (std::size_t split = 1; split < request.size(); ++split) {
      CAPTURE(split);
      REQUIRE(client.send(request.substr(0, split)));
      std::this_thread::yield();
      REQUIRE(client.send(request.substr(split)));
      REQUIRE(client.receive().body == "PUT /bucket/key? 0123456789");
    }
  }
}

TEST_CASE("a request may arrive byte by byte") {
  Running running(echo);
  RawClient client = running.connect();
  for (const char c : "\r\n" + get("/slow")) REQUIRE(client.send(std::string_view(&c, 1)));
  CHECK(client.receive().body == "GET /slow? ");
}

TEST_CASE("a large chunked body arrives whole") {
  Running running(echo);
  RawClient client = running.connect();
  std::string expected;
  std::string request = "POST /c HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: Chunked\r\n\r\n";
  for (int i = 1; i < 200; ++i) {
    const std::string chunk(static_cast<std::size_t>(i * 37), static_cast<char>('a' + i % 26));
    expected += chunk;
    request += fmt::format("{:X}\r\n", chunk.size()) + chunk + "\r\n";
  }
  REQUIRE(client.send(request + "0\r\n\r\n" + get("/after")));
  CHECK(client.receive().body == "POST /c? " + expected);
  CHECK(client.receive().body == "GET /after? ");
}

TEST_CASE("chunks that are not well formed are refused") {
  Running running(echo);
  for (const char* body : {"x\r\n", "\r\n", "-1\r\n", "0x4\r\n", "4\nabcd\r\n0\r\n\r\n",
                           "4\r\nabcdef\r\n0\r\n\r\n", "11111111111111111\r\n"}) {
    CAPTURE(body);
    RawClient client = running.connect();
    client.send(std::string("POST / HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: chunked\r\n\r\n") +
                body + get("/smuggled"));
    const auto answer = client.receive();
    CHECK(answer.status == 400);
    CHECK(answer.has("Connection: close"));
    client.finish_sending();
    CHECK(client.at_end());
  }
}

TEST_CASE("chunk lines and trailers are bounded") {
  Running running(echo);
  const std::string begin = "POST / HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string trailers = "0\r\n";
  for (int i = 0; i < 1000; ++i) trailers += "Name: " + std::string(50, 'v') + "\r\n";
  for (const std::string& rest :
       {"1;" + std::string(10'000, 'e') + "\r\na\r\n0\r\n\r\n", trailers}) {
    RawClient client = running.connect();
    client.send(begin + rest);
    CHECK(client.receive().status == 400);
  }
}

TEST_CASE("a client that asks first is answered when its body is wanted, not before") {
  const std::string request =
      "PUT /k HTTP/1.1\r\nHost: l\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
  SUBCASE("wanted") {
    Running running(echo);
    RawClient client = running.connect();
    client.send(request);
    CHECK(client.receive().status == 100);
    client.send("hello");
    CHECK(client.receive().body == "PUT /k? hello");
    client.send(get("/again"));
    CHECK(client.receive().status == 200);
  }
  SUBCASE("not wanted: the answer is final and the connection ends") {
    Running running(ignore_body);
    RawClient client = running.connect();
    client.send(request);
    const auto answer = client.receive();
    CHECK(answer.status == 200);
    CHECK(answer.has("Connection: close"));
    client.finish_sending();
    CHECK(client.at_end());
  }
  SUBCASE("the body came without waiting") {
    Running running(echo);
    RawClient client = running.connect();
    client.send(request + "hello");
    CHECK(client.receive().body == "PUT /k? hello");
  }
  SUBCASE("another expectation") {
    Running running(echo);
    RawClient client = running.connect();
    client.send("GET / HTTP/1.1\r\nHost: l\r\nExpect: tea\r\n\r\n");
    CHECK(client.receive().status == 417);
  }
}

TEST_CASE("a body that nobody read does not become the next request") {
  Running running(ignore_body);
  SUBCASE("a small one is read over") {
    RawClient client = running.connect();
    const std::string body = get("/smuggled");
    client.send(fmt::format("POST / HTTP/1.1\r\nHost: l\r\nContent-Length: {}\r\n\r\n{}",
                            body.size(), body));
    CHECK_FALSE(client.receive().has("Connection: close"));
    client.send(get("/"));
    CHECK(client.receive().status == 200);
    client.finish_sending();
    CHECK(client.at_end());
  }
  SUBCASE("a large one ends the connection, and the answer arrives all the same") {
    RawClient client = running.connect();
    client.send("POST / HTTP/1.1\r\nHost: l\r\nContent-Length: 8000000\r\n\r\n");
    CHECK(client.send(std::string(8'000'000, 'x')));
    const auto answer = client.receive();
    CHECK(answer.body == "ignored");
    CHECK(answer.has("Connection: close"));
    CHECK(client.at_end());
  }
  SUBCASE("an endless one in chunks too") {
    RawClient client = running.connect();
    client.send("POST / HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    for (int i = 0; i < 64; ++i) REQUIRE(client.send(chunk));
    CHECK(client.receive().has("Connection: close"));
  }
}

TEST_CASE("requests that two readers could take differently are refused") {
  Running running(echo);
  for (const char* header : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: 5, 6\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: chunked, identity\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Host: other\r\n",
           "A: b\nContent-Length: 5\r\n",
           "A\r\n",
           ": b\r\n",
       }) {
    CAPTURE(header);
    RawClient client = running.connect();
    client.send(std::string("POST / HTTP/1.1\r\nHost: l\r\n") + header + "\r\n" + "hello");
    const auto answer = client.receive();
    CHECK(answer.status == 400);
    CHECK(answer.has("Connection: close"));
  }
}

TEST_CASE("what is not HTTP/1.1 is refused at once") {
  Running running(echo);
  for (const char* request : {
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/2.0\r\nHost: l\r\n\r\n",
           "GET http://l/ HTTP/1.1\r\nHost: l\r\n\r\n",
           "OPTIONS * HTTP/1.1\r\nHost: l\r\n\r\n",
           "CONNECT l:80 HTTP/1.1\r\nHost: l\r\n\r\n",
           "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
           "\x16\x03\x01\x02",
           "GET / HTTP/1.1\n",
           "nonsense\r\n\r\n",
       }) {
    CAPTURE(request);
    RawClient client = running.connect();
    client.send(request);
    CHECK(client.receive().status == 400);
  }
}

TEST_CASE("a header has a limit") {
  Limits limits;
  limits.header_bytes = 16 * 1024;
  Running running(echo, limits);
  RawClient fits = running.connect();
  fits.send("GET /fits HTTP/1.1\r\nHost: l\r\nA: " + std::string(15'000, 'a') + "\r\n\r\n");
  CHECK(fits.receive().body == "GET /fits? ");
  RawClient client = running.connect();
  client.send("GET / HTTP/1.1\r\nHost: l\r\nA: " + std::string(200'000, 'a') + "\r\n\r\n");
  CHECK(client.receive().status == 431);
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
