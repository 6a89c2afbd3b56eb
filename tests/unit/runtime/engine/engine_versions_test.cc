// The way of a job through the oldest Engine that is spoken to and through the newest, each with
// answers in the shape of its time.

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/docker/docker_engine.h"
#include "tests/support/log_lines.h"
#include "tests/support/scripted_engine.h"

using namespace trainyard;
using namespace trainyard::testing;

namespace {

struct Era {
  const char* oldest;
  const char* newest;
  const char* spoken;
  const char* image;      // what /images/…/json answers
  const char* container;  // what /containers/c/json answers
  const char* network;    // what POST /networks/create answers
  const char* event;      // one of /events
};

// Docker 19.03 (API 1.40), and Docker 29, which refuses what is older than 1.44, leaves out the
// fields that were deprecated, and writes null where there is nothing.
constexpr Era eras[] = {
    {"1.12", "1.40", "/v1.40/",
     R"({"Id":"sha256:1","RepoDigests":["r@sha256:2"],"RepoTags":["r:latest"],"Parent":"",
         "Container":"","ContainerConfig":{"User":"wrong","Entrypoint":null},
         "Config":{"User":"","Entrypoint":["train"]},"Architecture":"amd64","VirtualSize":7,
         "Size":7})",
     R"({"Id":"c","State":{"Status":"exited","Running":false,"ExitCode":3,"OOMKilled":false,
         "Error":"","StartedAt":"2026-11-23T19:02:10.5Z","FinishedAt":"2026-11-23T19:02:12Z"},
         "Config":{"Labels":{"a":"b"}},"Mounts":[{"Type":"volume","Name":"v",
         "Source":"/var/lib/docker/volumes/v/_data","Destination":"/opt/ml"}],
         "NetworkSettings":{"IPAddress":"","GlobalIPv6PrefixLen":0,
         "Networks":{"job":{"NetworkID":"n","IPAddress":"10.1.2.2"}}}})",
     R"({"Id":"n","Warning":""})",
     R"({"status":"die","id":"c","from":"r:latest","Type":"container","Action":"die",
         "Actor":{"ID":"c","Attributes":{"exitCode":"3"}},"scope":"local","time":1795460532})"},
    {"1.44", "1.52", "/v1.44/",
     R"({"Id":"sha256:1","RepoDigests":["r@sha256:2"],"Config":{"Entrypoint":["train"]},
         "Architecture":"amd64","Size":7,"Descriptor":{"digest":"sha256:3"}})",
     R"({"Id":"c","State":{"Status":"exited","ExitCode":3,"OOMKilled":false,"Error":"",
         "StartedAt":"2026-11-23T19:02:10.5Z","FinishedAt":"2026-11-23T19:02:12Z"},
         "Config":{"Labels":{"a":"b"}},"Mounts":[{"Type":"volume","Name":"v",
         "Source":"/var/lib/docker/volumes/v/_data","Destination":"/opt/ml"}],
         "NetworkSettings":{"Networks":{"job":{"NetworkID":"n","IPAddress":"10.1.2.2",
         "DNSNames":["algo-1"],"GwPriority":0}}}})",
     R"({"Id":"n"})",
     R"({"Type":"container","Action":"die","Actor":{"ID":"c","Attributes":{"exitCode":"3"}},
         "scope":"local","time":1795460532,"timeNano":1795460532000000000})"},
};

using Then = ScriptedReply::Then;

ScriptedReply status_of(unsigned status) {
  return {fmt::format("HTTP/1.1 {} X\r\nContent-Length: 0\r\n\r\n", status)};
}

}  // namespace

TEST_CASE("a job's calls are spoken to the oldest and to the newest Engine") {
  for (const Era& era : eras) {
    CAPTURE(std::string(era.spoken));
    ScriptedEngine script(era.oldest, era.newest);
    DockerEngine engine(script.endpoint());

    script.on("POST /images/create",
              chunked_reply_of({R"({"status":"Pull complete","id":"aaa"})"}, true, Then::close));
    std::string progress;
    CHECK(engine.pull_image("r:latest", std::nullopt,
                            [&](const std::string& text) { progress = text; }, {}));
    CHECK(progress == "1 of 1 layers");

    script.on("GET /images/r:latest/json", json_reply_of(200, era.image));
    const auto image = engine.inspect_image("r:latest");
    REQUIRE(image);
    CHECK(image->user.empty());
    CHECK(image->has_entrypoint);
    CHECK(image->architecture == "amd64");

    script.on("POST /networks/create", json_reply_of(201, era.network));
    CHECK(engine.create_network({"job", "10.1.2.0/24", false, {{"a", "b"}}}) == std::string("n"));

    script.on(
        "POST /volumes/create",
        json_reply_of(201, R"({"Name":"v","Driver":"local","Mountpoint":"/volumes/v/_data"})"));
    CHECK(engine.create_volume("v", {{"a", "b"}}) == std::string("/volumes/v/_data"));

    script.on("POST /containers/create", json_reply_of(201, R"({"Id":"c","Warnings":null})"));
    ContainerSpec spec;
    spec.name = "job-algo-1";
    spec.image = "r:latest";
    spec.network = "n";
    spec.aliases = {"algo-1"};
    spec.mounts = {{"/opt/ml", "v", {}, {}}};
    spec.shm_bytes = 1 << 20;
    CHECK(engine.create_container(spec) == std::string("c"));
    const auto created = nlohmann::json::parse(script.requests().back().body);
    CHECK(created["HostConfig"]["NetworkMode"] == "n");
    CHECK(created["NetworkingConfig"]["EndpointsConfig"]["n"]["Aliases"][0] == "algo-1");
    CHECK(created["HostConfig"]["ShmSize"] == 1 << 20);

    script.on("PUT /containers/c/archive", status_of(200));
    CHECK(engine.put_archive("c", "/", [](ByteSink& sink) { return sink.write(as_bytes("tar")); },
                             {}));
    CHECK(script.requests().back().body == "tar");

    script.on("POST /containers/c/start", status_of(204));
    CHECK(engine.start_container("c"));

    script.on("GET /containers/c/json", json_reply_of(200, era.container));
    const auto state = engine.inspect_container("c");
    REQUIRE(state);
    CHECK(state->status == ContainerStatus::exited);
    CHECK(state->exit_code == 3);
    CHECK(state->finished_at - state->started_at == std::chrono::milliseconds(1500));
    CHECK(state->network == "n");
    CHECK(state->network_address == "10.1.2.2");
    CHECK(state->mountpoints.at("/opt/ml") == "/var/lib/docker/volumes/v/_data");

    const std::string event = nlohmann::json::parse(era.event).dump() + "\n";
    script.on("GET /events", chunked_reply_of({event}, true, Then::close));
    std::vector<ContainerEvent> events;
    const auto watched = engine.watch_containers(
        {{"a", "b"}}, [&](const ContainerEvent& told) { events.push_back(told); }, {});
    CHECK(watched.error().kind == ErrorKind::unavailable);
    REQUIRE(events.size() == 2);
    CHECK(events[1].container_id == "c");
    CHECK(events[1].action == "die");

    script.on("GET /containers/c/logs", chunked_reply_of({log_frame("hi\n")}, true, Then::close));
    std::vector<KeptFrame> frames;
    CHECK(engine.read_logs("c", Time{}, true, keep_frames(frames), {}));
    CHECK(text_of(frames, LogFrame::Stream::out) == "hi\n");

    script.on("GET /containers/c/archive", chunked_reply_of({"tar"}, true, Then::close));
    auto archive = engine.get_archive("c", "/opt/ml/model", {});
    REQUIRE(archive);
    CHECK(read_all(**archive, 1000) == std::string("tar"));

    script.on("GET /containers/json", json_reply_of(200, R"([{"Id":"c"}])"));
    const auto listed = engine.list_containers({{"a", "b"}});
    REQUIRE(listed);
    CHECK(listed->size() == 1);

    script.on("POST /containers/c/kill",
              json_reply_of(409, R"({"message":"Container c is not running"})"));
    CHECK(engine.signal_container("c", "SIGTERM"));
    script.on("DELETE /containers/c", status_of(204));
    CHECK(engine.remove_container("c"));
    script.on("DELETE /networks/n", status_of(204));
    CHECK(engine.remove_network("n"));
    script.on("DELETE /volumes/v", status_of(204));
    CHECK(engine.remove_volume("v"));

    for (const ScriptedRequest& request : script.requests()) {
      if (request.target == "/version") continue;
      CHECK(request.target.substr(0, std::string_view(era.spoken).size()) == era.spoken);
    }
  }
}
