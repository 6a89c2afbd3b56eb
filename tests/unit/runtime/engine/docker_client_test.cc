#include "runtime/engine/docker/docker_client.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/support/scripted_engine.h"

using namespace trainyard;
using namespace trainyard::testing;
using namespace std::chrono_literals;

namespace {

using Then = ScriptedReply::Then;

HttpRequest get(const char* target) {
  HttpRequest request;
  request.method = "GET";
  request.target = target;
  return request;
}

HttpRequest post(const char* target) {
  HttpRequest request = get(target);
  request.method = "POST";
  return request;
}

ErrorKind kind(const Result<EngineReply>& result) {
  REQUIRE_FALSE(result.has_value());
  CHECK_FALSE(result.error().message.empty());
  return result.error().kind;
}

std::size_t asked_for_version(const ScriptedEngine& engine) {
  std::size_t count = 0;
  for (const ScriptedRequest& request : engine.requests()) count += request.target == "/version";
  return count;
}

// A TCP socket on a free port of the loopback address.
UniqueFd bound_socket(std::uint16_t& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), size) == 0);
  REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
  port = ntohs(name.sin_port);
  return fd;
}

EngineEndpoint tcp_endpoint(std::uint16_t port) {
  return *parse_endpoint(fmt::format("tcp://127.0.0.1:{}", port));
}

}  // namespace

TEST_CASE("the version of old and new Engines is spoken") {
  struct Row {
    const char* oldest;
    const char* newest;
    const char* spoken;
  };
  for (const Row& row : {Row{"1.12", "1.40", "/v1.40/info"}, Row{"1.12", "1.41", "/v1.41/info"},
                         Row{"1.24", "1.47", "/v1.44/info"}, Row{"1.44", "1.52", "/v1.44/info"}}) {
    ScriptedEngine engine(row.oldest, row.newest);
    engine.on("GET /info", json_reply_of(200, "{}"));
    DockerClient client(engine.endpoint());
    const auto reply = client.call(get("/info"));
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(engine.requests().back().target == row.spoken);
  }
  ScriptedEngine ancient("1.12", "1.39");
  DockerClient client(ancient.endpoint());
  CHECK(kind(client.call(get("/info"))) == ErrorKind::unsupported);
}

TEST_CASE("one connection and one agreement serve many calls") {
  ScriptedEngine engine;
  engine.on("GET /info", json_reply_of(200, "{\"a\":1}"));
  engine.on("POST /volumes/create", json_reply_of(201, "{}"));
  engine.on("DELETE /volumes/a", json_reply_of(204, ""));
  DockerClient client(engine.endpoint());
  for (int i = 0; i < 3; ++i) {
    CHECK(client.call(get("/info"))->body == "{\"a\":1}");
    HttpRequest create = post("/volumes/create");
    create.body = "{\"Name\":\"a\"}";
    create.content_type = "application/json";
    CHECK(client.call(create)->status == 201);
    CHECK(engine.requests().back().body == create.body);
    HttpRequest remove = get("/volumes/a");
    remove.method = "DELETE";
    CHECK(client.call(remove)->status == 204);
  }
  CHECK(engine.connections() == 1);
  CHECK(asked_for_version(engine) == 1);
}

TEST_CASE("an Engine that was restarted as a newer one is spoken to anew") {
  ScriptedEngine engine("1.12", "1.41");
  engine.on("GET /info", json_reply_of(200, "{}"));
  DockerClient client(engine.endpoint());
  REQUIRE(client.call(get("/info")));
  engine.set_versions("1.44", "1.52");
  SUBCASE("with the connection dropped") {
    engine.drop_connections();
  }
  SUBCASE("behind the same connection") {
  }
  const auto reply = client.call(get("/info"));
  REQUIRE(reply);
  CHECK(reply->status == 200);
  CHECK(engine.requests().back().target == "/v1.44/info");
}

TEST_CASE("a stream too finds the new version") {
  ScriptedEngine engine("1.12", "1.41");
  engine.on("GET /events", chunked_reply_of({"{}\n"}, true, Then::keep_alive));
  DockerClient client(engine.endpoint());
  REQUIRE(client.stream(get("/events"), nullptr, 10s, {}));
  engine.set_versions("1.44", "1.52");
  const auto stream = client.stream(get("/events"), nullptr, 10s, {});
  REQUIRE(stream);
  CHECK((*stream)->status() == 200);
  CHECK((*stream)->read_text(100) == "{}\n");
}

TEST_CASE("a stream that is refused for what it asks shows the refusal") {
  ScriptedEngine engine;
  engine.on("GET /events", json_reply_of(400, R"({"message":"bad filter"})"));
  DockerClient client(engine.endpoint());
  const auto stream = client.stream(get("/events"), nullptr, 10s, {});
  REQUIRE(stream);
  CHECK((*stream)->status() == 400);
  CHECK((*stream)->read_text(100) == R"({"message":"bad filter"})");
  // Nothing of it speaks against the version.
  CHECK(client.call(get("/info")));
  CHECK(asked_for_version(engine) == 1);
}

TEST_CASE("a socket with no place for one more is tried until it has one") {
  TempDir directory;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string path = (directory / "socket").string();
  REQUIRE(path.size() < sizeof name.sun_path);
  path.copy(name.sun_path, path.size());
  const auto* address = reinterpret_cast<const sockaddr*>(&name);
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(listener.get(), address, sizeof name) == 0);
  REQUIRE(::listen(listener.get(), 0) == 0);
  std::vector<UniqueFd> fill;
  do {
    fill.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  } while (::connect(fill.back().get(), address, sizeof name) == 0);
  REQUIRE(errno == EAGAIN);
  const EngineEndpoint endpoint = *parse_endpoint("unix://" + path);
  CHECK(Connection::open(endpoint, after(20ms), {}).error().kind == ErrorKind::timed_out);
  std::stop_source stopped;
  stopped.request_stop();
  CHECK(Connection::open(endpoint, never, stopped.get_token()).error().kind ==
        ErrorKind::cancelled);
  std::jthread accepting([&] {
    const UniqueFd first(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    CHECK(first);
  });
  CHECK(Connection::open(endpoint, never, {}));
}

TEST_CASE("a reply that is cut off, or no HTTP, is unavailable") {
  ScriptedEngine engine;
  DockerClient client(engine.endpoint());
  SUBCASE("nothing at all") {
    engine.on("GET /info", {"", Then::close});
  }
  SUBCASE("in the head") {
    engine.on("GET /info", {"HTTP/1.1 200 OK\r\nConte", Then::close});
  }
  SUBCASE("in the body") {
    engine.on("GET /info", {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", Then::close});
  }
  SUBCASE("in a chunk") {
    engine.on("GET /info", chunked_reply_of({"{}"}, false, Then::close));
  }
  SUBCASE("garbage") {
    engine.on("GET /info", {"SSH-2.0-nothing\r\n\r\n", Then::stall});
  }
  SUBCASE("a chunk of garbage") {
    engine.on("GET /info",
              {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Then::stall});
  }
  SUBCASE("an endless head") {
    engine.on("GET /info",
              {"HTTP/1.1 200 OK\r\nX-Long: " + std::string(200'000, 'x'), Then::stall});
  }
  CHECK(kind(client.call(get("/info"))) == ErrorKind::unavailable);
}

TEST_CASE("a reply that comes byte by byte is put together") {
  ScriptedEngine engine;
  std::vector<std::string> bytes;
  for (const char c : std::string("{\"many\":\"pieces\"}")) bytes.emplace_back(1, c);
  engine.on("GET /info", chunked_reply_of(bytes, true, Then::keep_alive));
  DockerClient client(engine.endpoint());
  CHECK(client.call(get("/info"))->body == "{\"many\":\"pieces\"}");
  CHECK(client.call(get("/info"))->ok());
  CHECK(engine.connections() == 1);
}

TEST_CASE("an Engine that does not answer in time") {
  ScriptedEngine engine;
  engine.on("GET /info", {"HTTP/1.1 200 OK\r\n", Then::stall});
  DockerClientLimits limits;
  limits.call = 50ms;
  DockerClient client(engine.endpoint(), limits);
  CHECK(kind(client.call(get("/info"))) == ErrorKind::timed_out);
  engine.on("GET /slow", chunked_reply_of({"a"}, false, Then::stall));
  const auto stream = client.stream(get("/slow"), nullptr, 50ms, {});
  REQUIRE(stream);
  std::vector<std::byte> buffer(10);
  CHECK((*stream)->read(buffer) == 1);
  CHECK((*stream)->read(buffer).error().kind == ErrorKind::timed_out);
}

TEST_CASE("a refusal is a reply, and only its beginning is read") {
  ScriptedEngine engine;
  engine.on("GET /info", json_reply_of(500, std::string(3 << 20, 'x')));
  engine.on("GET /fine", json_reply_of(200, "{}"));
  DockerClient client(engine.endpoint());
  const auto reply = client.call(get("/info"));
  REQUIRE(reply);
  CHECK(reply->status == 500);
  CHECK(reply->body.size() <= 1 << 20);
  CHECK(client.call(get("/fine"))->ok());
}

TEST_CASE("a stop wakes a call and whoever comes after it") {
  ScriptedEngine engine;
  engine.on("POST /slow", {"", Then::stall});
  DockerClient client(engine.endpoint());
  std::stop_source stop;
  std::jthread stopper([&] {
    engine.wait_for("POST /slow");
    stop.request_stop();
  });
  CHECK(kind(client.call(post("/slow"), stop.get_token())) == ErrorKind::cancelled);
  CHECK(kind(client.call(post("/slow"), stop.get_token())) == ErrorKind::cancelled);
  CHECK(client.stream(get("/slow"), nullptr, 10s, stop.get_token()).error().kind ==
        ErrorKind::cancelled);
}

TEST_CASE("a client that is abandoned gives up calls that nobody else can stop") {
  ScriptedEngine engine;
  engine.on("POST /slow", {"", Then::stall});
  std::stop_source abandon;
  DockerClient client(engine.endpoint(), {}, abandon.get_token());
  std::jthread stopper([&] {
    engine.wait_for("POST /slow");
    abandon.request_stop();
  });
  CHECK(kind(client.call(post("/slow"))) == ErrorKind::cancelled);
  CHECK(kind(client.call(post("/slow"))) == ErrorKind::cancelled);
}

TEST_CASE("a stop wakes who agrees on a version") {
  ScriptedEngine engine;
  engine.on("GET /version", {"", Then::stall});
  DockerClient client(engine.endpoint());
  std::stop_source stop;
  std::jthread stopper([&] {
    engine.wait_for("GET /version");
    stop.request_stop();
  });
  CHECK(client.api_version(stop.get_token()).error().kind == ErrorKind::cancelled);
}

TEST_CASE("an Engine that is not there is told with a remedy, and may come later") {
  const TempDir directory;
  EngineEndpoint endpoint;
  endpoint.path = (directory / "none.sock").string();
  DockerClient client(endpoint);
  const auto reply = client.call(get("/info"));
  CHECK(kind(reply) == ErrorKind::unavailable);
  CHECK(reply.error().message.find("does not exist") != std::string::npos);
  endpoint.path = std::string(200, 'x');
  DockerClient too_long(endpoint);
  CHECK(kind(too_long.call(get("/info"))) == ErrorKind::invalid_argument);
}

TEST_CASE("nothing listens at a TCP address") {
  std::uint16_t port = 0;
  const UniqueFd silent = bound_socket(port);
  DockerClient client(tcp_endpoint(port));
  const auto reply = client.call(get("/info"));
  CHECK(kind(reply) == ErrorKind::unavailable);
  CHECK(reply.error().message.find("nothing listens") != std::string::npos);
}

TEST_CASE("a stop wakes who connects") {
  // With its queue full, a listener answers no further connection.
  std::uint16_t port = 0;
  const UniqueFd listener = bound_socket(port);
  REQUIRE(::listen(listener.get(), 0) == 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(port);
  std::vector<UniqueFd> fill;
  for (int i = 0; i < 4; ++i) {
    fill.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(fill.back().get(), reinterpret_cast<sockaddr*>(&name), sizeof name);
  }
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const auto connection = Connection::open(tcp_endpoint(port), never, stop.get_token());
  stopper.join();
  CHECK(connection.error().kind == ErrorKind::cancelled);
  const auto late = Connection::open(tcp_endpoint(port), after(20ms), {});
  CHECK(late.error().kind == ErrorKind::timed_out);
}

TEST_CASE("targets are percent-encoded") {
  CHECK(encode_path("registry:5000/a/b@sha256:1") == "registry:5000/a/b@sha256:1");
  CHECK(encode_path("a b?c#d") == "a%20b%3Fc%23d");
  CHECK(encode_query("/opt/ml&x=1\xc3") == "%2Fopt%2Fml%26x%3D1%C3");
}
