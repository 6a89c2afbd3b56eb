#include "runtime/engine/docker/container_codec.h"

#include <doctest/doctest.h>

using namespace trainyard;
using nlohmann::json;

TEST_CASE("a plain container gets nothing it did not ask for") {
  ContainerSpec spec;
  spec.name = "a";
  spec.image = "i:1";
  const json body = encode_container(spec);
  CHECK(body["Image"] == "i:1");
  CHECK(body["StopSignal"] == "SIGTERM");
  CHECK_FALSE(body.contains("Entrypoint"));
  CHECK_FALSE(body.contains("Cmd"));
  CHECK_FALSE(body.contains("Hostname"));
  CHECK_FALSE(body.contains("NetworkingConfig"));
  const json& host = body["HostConfig"];
  CHECK(host["NetworkMode"] == "none");
  CHECK(host["Privileged"] == false);
  CHECK(host["LogConfig"]["Config"]["max-size"] == "1000000g");
  CHECK_FALSE(host.contains("Memory"));
  CHECK_FALSE(host.contains("ShmSize"));
  CHECK_FALSE(host.contains("Dns"));
  CHECK(host["Mounts"].empty());
}

TEST_CASE("all of a container's wishes are passed on") {
  ContainerSpec spec;
  spec.image = "i:1";
  spec.entrypoint = std::vector<std::string>{"python"};
  spec.command = std::vector<std::string>{};
  spec.environment = {"A=\xff"};
  spec.hostname = "algo-1";
  spec.labels = {{"job", "j"}};
  spec.network = "n";
  spec.aliases = {"algo-1"};
  spec.dns = {"127.0.0.1"};
  spec.memory_bytes = 1 << 20;
  spec.shm_bytes = 1 << 21;
  spec.mounts = {{"/a", "", {{"l", "1"}}, {}},
                 {"/b", "v", {}, {{"type", "overlay"}, {"o", "lowerdir=/x"}}}};
  const json body = encode_container(spec);
  CHECK(body["Entrypoint"] == json::array({"python"}));
  CHECK(body["Cmd"] == json::array());
  CHECK(body["NetworkingConfig"]["EndpointsConfig"]["n"]["Aliases"] == json::array({"algo-1"}));
  const json& host = body["HostConfig"];
  CHECK(host["NetworkMode"] == "n");
  CHECK(host["Memory"] == host["MemorySwap"]);
  CHECK(host["ShmSize"] == 1 << 21);
  CHECK(host["Dns"] == json::array({"127.0.0.1"}));
  const json& anonymous = host["Mounts"][0];
  CHECK_FALSE(anonymous.contains("Source"));
  CHECK(anonymous["VolumeOptions"]["NoCopy"] == true);
  CHECK(anonymous["VolumeOptions"]["Labels"]["l"] == "1");
  CHECK_FALSE(anonymous["VolumeOptions"].contains("DriverConfig"));
  const json& overlay = host["Mounts"][1];
  CHECK(overlay["Source"] == "v");
  CHECK(overlay["VolumeOptions"]["DriverConfig"]["Name"] == "local");
  CHECK(overlay["VolumeOptions"]["DriverConfig"]["Options"]["type"] == "overlay");
}

TEST_CASE("an inspection is read") {
  const ContainerState state = decode_container(json::parse(R"({
    "Id": "abc",
    "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": true, "Error": "",
              "StartedAt": "2026-11-23T19:02:10.5Z", "FinishedAt": "2026-11-23T19:02:11Z"},
    "Config": {"Labels": {"a": "b"}},
    "Mounts": [{"Type": "volume", "Source": "/v/1/_data", "Destination": "/opt/ml/model"},
               {"Type": "bind", "Source": "/home", "Destination": "/home"}],
    "NetworkSettings": {"Networks": {"x": {"IPAddress": ""}, "y": {"IPAddress": "10.0.0.2"}}}})"));
  CHECK(state.id == "abc");
  CHECK(state.status == ContainerStatus::exited);
  CHECK(state.exit_code == 137);
  CHECK(state.out_of_memory);
  CHECK(state.finished_at - state.started_at == std::chrono::milliseconds(500));
  CHECK(state.labels == Labels{{"a", "b"}});
  CHECK(state.network_address == "10.0.0.2");
  CHECK(state.mountpoints == std::map<std::string, std::string>{{"/opt/ml/model", "/v/1/_data"}});
}

TEST_CASE("an inspection that lacks nearly everything is read too") {
  const ContainerState state =
      decode_container(json::parse(R"({"State":{"Status":"created","StartedAt":
      "0001-01-01T00:00:00Z"},"Config":{"Labels":null},"NetworkSettings":{"Networks":null}})"));
  CHECK(state.status == ContainerStatus::created);
  CHECK(state.started_at == Time{});
  CHECK(state.labels.empty());
  CHECK(decode_container(json(7)).id.empty());
}

TEST_CASE("a container does not end before it starts") {
  const ContainerState state = decode_container(json::parse(R"({"State":{"Status":"exited",
    "StartedAt":"2026-11-23T19:02:10.5Z","FinishedAt":"2026-11-23T19:02:10.4Z"}})"));
  CHECK(state.finished_at == state.started_at);
}
