#include "runtime/engine/docker/docker_engine.h"

#include <algorithm>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/docker/base64.h"
#include "runtime/engine/docker_engine.h"
#include "tests/support/log_lines.h"
#include "tests/support/scripted_engine.h"

using namespace trainyard;
using namespace trainyard::testing;

namespace {

using Then = ScriptedReply::Then;

ScriptedReply message(unsigned status, const std::string& text) {
  const nlohmann::json body = {{"message", text}};
  return json_reply_of(status, body.dump());
}

ScriptedReply inspection(const char* status) {
  return json_reply_of(200, fmt::format(R"({{"Id":"c","State":{{"Status":"{}"}}}})", status));
}

// What a pull brought for its registry.
nlohmann::json login_of(const ScriptedRequest& request) {
  constexpr std::string_view field = "X-Registry-Auth: ";
  const std::size_t begin = request.head.find(field);
  REQUIRE(begin != std::string::npos);
  std::string encoded = request.head.substr(begin + field.size());
  encoded.resize(encoded.find('\r'));
  std::replace(encoded.begin(), encoded.end(), '-', '+');
  std::replace(encoded.begin(), encoded.end(), '_', '/');
  return nlohmann::json::parse(decode_base64(encoded).value());
}

// Asks to stop once the Engine has got the request.
class StopWhenAsked {
 public:
  StopWhenAsked(ScriptedEngine& engine, std::string what)
      : thread_([this, &engine, what = std::move(what)] {
          engine.wait_for(what);
          stop_.request_stop();
        }) {}
  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread thread_;
};

const std::string& target_of_last(const std::vector<ScriptedRequest>& requests) {
  return requests.back().target;
}

constexpr auto nobody = [](const std::string&) {};
constexpr auto endless = [](ByteSink& sink) -> Result<void> {
  const std::string block(100'000, 'x');
  for (;;) TRY_VOID(sink.write(as_bytes(block)));
};

}  // namespace

TEST_CASE("making an engine needs no Engine") {
  const auto engine = make_docker_engine(*parse_endpoint("unix:///no/such/socket"));
  CHECK(engine->info().error().kind == ErrorKind::unavailable);
}

TEST_CASE("a log that breaks off is unavailable") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  std::vector<KeptFrame> frames;
  const std::string one = log_frame("one\n");
  std::string says;
  SUBCASE("within a chunk") {
    script.on("GET /containers/c/logs", chunked_reply_of({one}, false, Then::close));
    says = "closed the connection";
  }
  SUBCASE("within a frame") {
    script.on("GET /containers/c/logs",
              chunked_reply_of({one, one.substr(0, 12)}, true, Then::keep_alive));
    says = "within a frame";
  }
  SUBCASE("in good order, but its container runs on") {
    script.on("GET /containers/c/logs", chunked_reply_of({one}, true, Then::keep_alive));
    script.on("GET /containers/c/json", inspection("running"));
    says = "while its container runs";
  }
  const auto result = engine.read_logs("c", Time{}, true, keep_frames(frames), {});
  CHECK(result.error().kind == ErrorKind::unavailable);
  CHECK(result.error().message.find(says) != std::string::npos);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].bytes == "one\n");
}

TEST_CASE("the last lines that a followed log lacks are fetched") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  const std::string one = log_frame("one\n");
  script.on("GET /containers/c/logs", chunked_reply_of({one, one}, true, Then::keep_alive));
  script.on(
      "GET /containers/c/logs",
      chunked_reply_of({one, one, log_frame("two\n"), log_frame("end")}, true, Then::keep_alive));
  script.on("GET /containers/c/json", inspection("exited"));
  std::vector<KeptFrame> frames;
  REQUIRE(engine.read_logs("c", Time{}, true, keep_frames(frames), {}));
  CHECK(text_of(frames, LogFrame::Stream::out) == "one\none\ntwo\nend");
  CHECK(target_of_last(script.requests()).find("follow=0&since=1795460530.000000000") !=
        std::string::npos);
}

TEST_CASE("a log is asked for from a moment on") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("GET /containers/c/logs",
            chunked_reply_of({log_frame("a\n").substr(0, 5), log_frame("a\n").substr(5)}, true,
                             Then::keep_alive));
  std::vector<KeptFrame> frames;
  const Time since = Time(std::chrono::seconds(12)) + std::chrono::nanoseconds(34);
  REQUIRE(engine.read_logs("c", since, false, keep_frames(frames), {}));
  CHECK(frames.size() == 1);
  const std::string target = target_of_last(script.requests());
  CHECK(target.find("since=12.000000034") != std::string::npos);
  CHECK(target.find("timestamps=1") != std::string::npos);
  CHECK(target.find("follow=0") != std::string::npos);
}

TEST_CASE("a stop wakes each kind of stream") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  const ScriptedReply silence = chunked_reply_of({}, false, Then::stall);
  ErrorKind kind = ErrorKind::internal;
  SUBCASE("a log that is followed") {
    script.on("GET /containers/c/logs", silence);
    StopWhenAsked stop(script, "GET /containers/c/logs");
    std::vector<KeptFrame> frames;
    kind = engine.read_logs("c", Time{}, true, keep_frames(frames), stop.token()).error().kind;
  }
  SUBCASE("events") {
    script.on("GET /events", silence);
    StopWhenAsked stop(script, "GET /events");
    kind = engine.watch_containers({}, [](const ContainerEvent&) {}, stop.token()).error().kind;
  }
  SUBCASE("a pull") {
    script.on("POST /images/create", silence);
    StopWhenAsked stop(script, "POST /images/create");
    kind = engine.pull_image("a", std::nullopt, nobody, stop.token()).error().kind;
  }
  SUBCASE("an archive that is read") {
    script.on("GET /containers/c/archive", silence);
    std::stop_source stop;
    auto source = engine.get_archive("c", "/a", stop.get_token());
    REQUIRE(source);
    std::jthread stopper([&] { stop.request_stop(); });
    std::vector<std::byte> buffer(100);
    kind = (*source)->read(buffer).error().kind;
  }
  SUBCASE("an archive whose reply has not begun") {
    script.on("GET /containers/c/archive", {"", Then::stall});
    StopWhenAsked stop(script, "GET /containers/c/archive");
    kind = engine.get_archive("c", "/a", stop.token()).error().kind;
  }
  SUBCASE("an archive that the Engine does not take") {
    script.on("PUT /containers/c/archive", {"", Then::stall, true});
    StopWhenAsked stop(script, "PUT /containers/c/archive");
    kind = engine.put_archive("c", "/a", endless, stop.token()).error().kind;
  }
  SUBCASE("an archive that the Engine does not confirm") {
    script.on("PUT /containers/c/archive", {"", Then::stall});
    StopWhenAsked stop(script, "PUT /containers/c/archive");
    const auto nothing = [](ByteSink&) -> Result<void> { return {}; };
    kind = engine.put_archive("c", "/a", nothing, stop.token()).error().kind;
  }
  CHECK(kind == ErrorKind::cancelled);
}

TEST_CASE("an answer that comes before the end of a body is not lost") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  ScriptedReply refusal = message(404, "Could not find the file /a in container c");
  refusal.before_body = true;
  SUBCASE("and the Engine hangs up") {
    refusal.then = Then::close;
  }
  SUBCASE("and the Engine just stops reading") {
    refusal.then = Then::stall;
  }
  script.on("PUT /containers/c/archive", refusal);
  const auto result = engine.put_archive("c", "/a", endless, {});
  CHECK(result.error().kind == ErrorKind::not_found);
  CHECK(result.error().message.find("Could not find the file") != std::string::npos);
}

TEST_CASE("an archive is sent as it is produced") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("PUT /containers/c/archive", json_reply_of(200, ""));
  const auto pieces = [](ByteSink& sink) -> Result<void> {
    TRY_VOID(sink.write(as_bytes("one,")));
    TRY_VOID(sink.write({}));
    return sink.write(as_bytes("two"));
  };
  CHECK(engine.put_archive("c", "/a b/", pieces, {}));
  CHECK(script.requests().back().body == "one,two");
  CHECK(target_of_last(script.requests()) == "/v1.41/containers/c/archive?path=%2Fa%20b");
  script.on("PUT /containers/d/archive", {"", Then::close});
  CHECK(engine.put_archive("d", "/", pieces, {}).error().kind == ErrorKind::unavailable);
}

TEST_CASE("an archive that breaks off is unavailable") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("GET /containers/c/archive", chunked_reply_of({"tar"}, false, Then::close));
  auto source = engine.get_archive("c", "/a", {});
  REQUIRE(source);
  CHECK(read_all(**source, 1000).error().kind == ErrorKind::unavailable);
}

TEST_CASE("events begin with a sign and end with the stream") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("GET /events",
            chunked_reply_of({R"({"Type":"container","Action":"die","Actor":{"ID":"c)",
                              "\"}}\n{\"status\":\"start\",\"id\":\"old\"}\n"},
                             true, Then::keep_alive));
  std::vector<ContainerEvent> events;
  const auto result = engine.watch_containers(
      {{"a", "b"}}, [&](const ContainerEvent& event) { events.push_back(event); }, {});
  CHECK(result.error().kind == ErrorKind::unavailable);
  REQUIRE(events.size() == 3);
  CHECK(events[0].reconnected);
  CHECK(events[1].container_id == "c");
  CHECK(events[1].action == "die");
  CHECK(events[2].container_id == "old");
  CHECK(events[2].action == "start");
  // The scripted clock says 19:02:10.
  const std::string target = target_of_last(script.requests());
  CHECK(target.find("since=1795460530") != std::string::npos);
  CHECK(target.find(encode_query(R"(["a=b"])")) != std::string::npos);
  CHECK(target.find(encode_query(R"(["container"])")) != std::string::npos);
}

TEST_CASE("a pull tells how far it is and how it failed") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  std::vector<std::string> told;
  const auto tell = [&](const std::string& text) { told.push_back(text); };
  script.on("POST /images/create", chunked_reply_of({R"({"status":"Pull complete","id":"aaa"})"
                                                     "\n"},
                                                    true, Then::keep_alive));
  const RegistryLogin login{"me", "secret", "registry"};
  REQUIRE(engine.pull_image("registry:5000/a", login, tell, {}));
  CHECK(told == std::vector<std::string>{"1 of 1 layers"});
  const ScriptedRequest request = script.requests().back();
  CHECK(request.target.ends_with("fromImage=registry%3A5000%2Fa%3Alatest"));
  CHECK(login_of(request) ==
        nlohmann::json{{"username", "me"}, {"password", "secret"}, {"serveraddress", "registry"}});
  const RegistryLogin token{.username = "", .password = "", .server = "r", .identity_token = "t"};
  REQUIRE(engine.pull_image("registry:5000/a", token, tell, {}));
  CHECK(login_of(script.requests().back()) ==
        nlohmann::json{{"identitytoken", "t"}, {"serveraddress", "r"}});

  ScriptedEngine other;
  DockerEngine refused(other.endpoint());
  other.on("POST /images/create",
           chunked_reply_of({R"({"errorDetail":{"message":"manifest unknown"},"error":"x"})"}, true,
                            Then::keep_alive));
  CHECK(refused.pull_image("a:1", std::nullopt, tell, {}).error().kind == ErrorKind::not_found);
  ScriptedEngine third;
  DockerEngine denied(third.endpoint());
  third.on("POST /images/create", message(500, "Head https://r: no basic auth credentials"));
  CHECK(denied.pull_image("a:1", std::nullopt, tell, {}).error().kind ==
        ErrorKind::permission_denied);
}

TEST_CASE("what changes nothing is success") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("POST /containers/c/start", json_reply_of(304, ""));
  CHECK(engine.start_container("c"));
  script.on("POST /containers/c/kill", message(409, "Container c is not running"));
  CHECK(engine.signal_container("c", "SIGTERM"));
  script.on("POST /containers/d/kill", message(500, "Cannot kill: Container d is not running"));
  CHECK(engine.signal_container("d", "SIGTERM"));
  script.on("DELETE /containers/c", message(404, "No such container: c"));
  CHECK(engine.remove_container("c"));
  script.on("DELETE /volumes/v", message(404, "no such volume"));
  CHECK(engine.remove_volume("v"));
}

TEST_CASE("a removal that another has begun is waited for") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("DELETE /containers/c", message(409, "removal of container c is already in progress"));
  script.on("POST /containers/c/wait", json_reply_of(200, R"({"StatusCode":0})"));
  CHECK(engine.remove_container("c"));
  CHECK(target_of_last(script.requests()).ends_with("condition=removed"));
}

TEST_CASE("a command that cannot be executed is an invalid argument with whatever status") {
  for (const unsigned status : {400U, 404U, 500U}) {
    ScriptedEngine script;
    DockerEngine engine(script.endpoint());
    script.on("POST /containers/c/start",
              message(status,
                      "OCI runtime create failed: starting container process caused: exec: "
                      "\"train\": executable file not found in $PATH: unknown"));
    const auto result = engine.start_container("c");
    CHECK(result.error().kind == ErrorKind::invalid_argument);
    CHECK(result.error().message.find("\"train\"") != std::string::npos);
  }
}

TEST_CASE("containers that vanish during a listing are left out") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("GET /containers/json", json_reply_of(200, R"([{"Id":"c"},{"Id":"gone"}])"));
  script.on("GET /containers/c/json", inspection("running"));
  const auto found = engine.list_containers({{"a", "b"}});
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().id == "c");
  script.on("GET /containers/gone/json", message(500, "boom"));
  CHECK(engine.list_containers({}).error().kind == ErrorKind::internal);
}

TEST_CASE("lists that are null are empty") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("GET /volumes", json_reply_of(200, R"({"Volumes":null})"));
  script.on("GET /networks", json_reply_of(200, "null"));
  CHECK(engine.list_volumes({})->empty());
  CHECK(engine.list_networks({})->empty());
  script.on("GET /containers/json", json_reply_of(200, "no JSON"));
  CHECK(engine.list_containers({}).error().kind == ErrorKind::unavailable);
}

TEST_CASE("a container joins a network at its address, and keeps its default gateway") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("POST /networks/n/connect", json_reply_of(200, "{}"));
  REQUIRE(engine.connect_network("n", "c", "10.1.2.254"));
  CHECK(nlohmann::json::parse(script.requests().back().body) == nlohmann::json::parse(R"({
    "Container": "c",
    "EndpointConfig": {"IPAMConfig": {"IPv4Address": "10.1.2.254"}, "GwPriority": -1}
  })"));
}

TEST_CASE("an isolated network is internal and has no gateway's address") {
  ScriptedEngine script;
  DockerEngine engine(script.endpoint());
  script.on("POST /networks/create", json_reply_of(201, R"({"Id":"n"})"));
  NetworkSpec spec;
  spec.name = "a";
  spec.subnet = "10.1.2.0/24";
  CHECK(engine.create_network(spec) == std::string("n"));
  auto body = nlohmann::json::parse(script.requests().back().body);
  CHECK(body["Internal"] == false);
  CHECK(body["Options"].empty());
  CHECK(body["IPAM"]["Config"] == nlohmann::json::parse(R"([{"Subnet":"10.1.2.0/24"}])"));
  spec.isolated = true;
  REQUIRE(engine.create_network(spec));
  body = nlohmann::json::parse(script.requests().back().body);
  CHECK(body["Internal"] == true);
  CHECK(body["Options"]["com.docker.network.bridge.inhibit_ipv4"] == "true");
}
