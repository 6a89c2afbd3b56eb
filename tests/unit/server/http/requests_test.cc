#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "server/http/http_server.h"
#include "tests/unit/server/http/running_server.h"

namespace trainyard::server {

namespace {

using namespace std::chrono_literals;
using testing::echo;
using testing::get;
using testing::ignore_body;
using testing::RawClient;
using testing::Running;

}  // namespace

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

}  // namespace trainyard::server
