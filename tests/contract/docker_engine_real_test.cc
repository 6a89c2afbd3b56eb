// What only a real Engine can show.

#include <thread>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/unique_fd.h"
#include "runtime/engine/docker/docker_client.h"
#include "runtime/engine/docker/json_access.h"
#include "runtime/engine/docker_engine.h"
#include "tests/support/engine_cases.h"
#include "tests/support/engine_image.h"
#include "tests/support/local_registry.h"

using namespace trainyard;
using namespace trainyard::testing;

namespace {

const ShellImage& shell_image() {
  static const ShellImage image(real_engine_endpoint());
  return image;
}

class RealEngine {
 public:
  RealEngine()
      : prefix_(unique_prefix()),
        labels_{{"trainyard.test", prefix_}},
        engine_(make_docker_engine(real_engine_endpoint())) {}
  ~RealEngine() { remove_everything(*engine_, labels_); }
  RealEngine(const RealEngine&) = delete;
  RealEngine& operator=(const RealEngine&) = delete;

  ContainerEngine& operator*() { return *engine_; }
  ContainerEngine* operator->() { return engine_.get(); }

  ContainerSpec spec(const std::string& script) const {
    ContainerSpec spec;
    spec.image = shell_image().reference();
    spec.command = std::vector<std::string>{"/bin/sh", "-c", script};
    spec.labels = labels_;
    return spec;
  }

  std::string create(const ContainerSpec& spec) {
    const auto id = engine_->create_container(spec);
    if (!id) FAIL(id.error().message);
    return *id;
  }

  // Runs it to its end; what it printed is added to `output`.
  ContainerState run(const ContainerSpec& spec, std::string* output = nullptr) {
    const std::string id = create(spec);
    const auto started = engine_->start_container(id);
    if (!started) FAIL(started.error().message);
    const auto take = [&](const LogFrame& frame) -> Result<void> {
      if (output != nullptr) output->append(frame.bytes);
      return {};
    };
    REQUIRE(engine_->read_logs(id, Time{}, true, take, {}));
    return engine_->inspect_container(id).value();
  }

  std::string make_network(const std::string& name, unsigned octet, bool isolated) {
    NetworkSpec spec;
    spec.name = prefix_ + name;
    spec.subnet = fmt::format("10.248.{}.0/24", octet);
    spec.isolated = isolated;
    spec.labels = labels_;
    const auto id = engine_->create_network(spec);
    if (!id) FAIL(id.error().message);
    return spec.name;
  }

 private:
  std::string prefix_;
  Labels labels_;
  std::unique_ptr<ContainerEngine> engine_;
};

// Accepts on all addresses of the machine and hangs up at once.
class Doorbell {
 public:
  Doorbell() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    socklen_t size = sizeof name;
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&name), size) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    port_ = ntohs(name.sin_port);
    thread_ = std::thread([this] {
      for (;;) {
        const UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
        if (!peer) return;
        constexpr std::string_view reply = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi";
        char request[1024];
        (void)::recv(peer.get(), request, sizeof request, 0);
        (void)::send(peer.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
      }
    });
  }
  ~Doorbell() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  unsigned port() const { return port_; }

 private:
  UniqueFd listener_;
  unsigned port_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_SUITE("engine" * doctest::skip(!real_engine_wanted())) {
  TEST_CASE("a command that cannot be executed is an invalid argument") {
    RealEngine engine;
    const auto start = [&](const char* command) {
      ContainerSpec spec = engine.spec("");
      spec.command = std::vector<std::string>{command};
      const std::string id = engine.create(spec);
      const auto result = engine->start_container(id);
      REQUIRE_FALSE(result.has_value());
      CHECK(result.error().kind == ErrorKind::invalid_argument);
      CHECK(result.error().message.find(command) != std::string::npos);
      const ContainerState state = engine->inspect_container(id).value();
      CHECK(state.status == ContainerStatus::created);
      return state.exit_code;
    };
    CHECK(start("train") == 127);
    CHECK(start("/opt/none") == 127);
    CHECK(start("/etc/passwd") == 126);
  }

  TEST_CASE("memory is limited, and running out of it is told") {
    RealEngine engine;
    ContainerSpec spec = engine.spec("exec tail /dev/zero");
    spec.memory_bytes = 32 << 20;
    const ContainerState state = engine.run(spec);
    CHECK(state.out_of_memory);
    CHECK(state.exit_code == 137);
  }

  TEST_CASE("the Engine never rotates a log away") {
    RealEngine engine;
    constexpr std::size_t bytes = 60'000'000;
    const ContainerSpec spec =
        engine.spec(fmt::format("yes 'a line of a log that is rather long' | head -c {}", bytes));
    const std::string id = engine.create(spec);
    REQUIRE(engine->start_container(id));
    std::size_t followed = 0;
    REQUIRE(engine->read_logs(id, Time{}, true,
                              [&](const LogFrame& frame) -> Result<void> {
                                followed += frame.bytes.size();
                                return {};
                              },
                              {}));
    CHECK(followed == bytes);
    // And once more from the start, now that it has ended.
    std::size_t again = 0;
    REQUIRE(engine->read_logs(id, Time{}, false,
                              [&](const LogFrame& frame) -> Result<void> {
                                again += frame.bytes.size();
                                return {};
                              },
                              {}));
    CHECK(again == bytes);
  }

  TEST_CASE("a followed log has its last line, however short the container lives") {
    RealEngine engine;
    for (int i = 0; i < 25; ++i) {
      std::string output;
      engine.run(engine.spec("echo line; printf hi"), &output);
      REQUIRE(output == "line\nhi");
    }
  }

  TEST_CASE("a container sees its surroundings as asked for") {
    RealEngine engine;
    const std::string network =
        engine.make_network("seen", 20 + static_cast<unsigned>(::getpid()) % 100, false);
    ContainerSpec spec = engine.spec(
        "cat /etc/hostname; echo $GREETING; cat /etc/resolv.conf; nslookup algo-1; cat "
        "/proc/mounts; cat /proc/self/status");
    spec.hostname = "algo-1";
    spec.network = network;
    spec.aliases = {"algo-1"};
    spec.environment = {"GREETING=hello there"};
    spec.shm_bytes = 16 << 20;
    std::string output;
    engine.run(spec, &output);
    CAPTURE(output);
    CHECK(output.starts_with("algo-1\nhello there\n"));
    CHECK(output.find("Address: 10.248.") != std::string::npos);
    CHECK(output.find("size=16384k") != std::string::npos);
  }

  TEST_CASE("an isolated network reaches its members and nothing else") {
    RealEngine engine;
    const Doorbell doorbell;
    const unsigned octet = 120 + static_cast<unsigned>(::getpid()) % 60;
    const std::string open = engine.make_network("open", octet, false);
    const std::string isolated = engine.make_network("isolated", octet + 60, true);
    const auto rings = [&](const std::string& network, const std::string& address) {
      // Debian's static busybox crashes in "wget -T".
      ContainerSpec spec = engine.spec(fmt::format(
          "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 10 {} {}", address, doorbell.port()));
      spec.network = network;
      std::string output;
      const ContainerState state = engine.run(spec, &output);
      return state.exit_code == 0 && output.ends_with("hi");
    };
    const std::string gateway = fmt::format("10.248.{}.1", octet);
    CHECK(rings(open, gateway));
    CHECK_FALSE(rings(isolated, gateway));
    CHECK_FALSE(rings(isolated, fmt::format("10.248.{}.1", octet + 60)));

    ContainerSpec peer = engine.spec("while :; do sleep 0.1; done");
    peer.network = isolated;
    peer.aliases = {"peer"};
    const std::string id = engine.create(peer);
    REQUIRE(engine->start_container(id));
    ContainerSpec asks = engine.spec("nslookup peer");
    asks.network = isolated;
    std::string output;
    engine.run(asks, &output);
    CHECK(output.find(engine->inspect_container(id)->network_address) != std::string::npos);
  }

  TEST_CASE("a container runs with the Engine's least") {
    RealEngine engine;
    const std::string id = engine.create(engine.spec("exit 0"));
    DockerClient client(real_engine_endpoint());
    HttpRequest request;
    request.method = "GET";
    request.target = "/containers/" + id + "/json";
    const auto reply = client.call(request);
    REQUIRE(reply);
    const auto json = nlohmann::json::parse(reply->body);
    const auto& host = object_at(json, "HostConfig");
    CHECK(text_at(object_at(host, "LogConfig"), "Type") == "json-file");
    CHECK(text_at(object_at(object_at(host, "LogConfig"), "Config"), "max-size") == "1000000g");
    CHECK_FALSE(flag_at(host, "Privileged"));
    CHECK(text_at(host, "NetworkMode") == "none");
    CHECK(text_at(object_at(json, "Config"), "StopSignal") == "SIGTERM");
  }

  TEST_CASE("images are pulled from a registry, or the reason is told") {
    if (!LocalRegistry::available()) {
      MESSAGE("skipped: docker-registry is not installed");
      return;
    }
    RealEngine engine;
    auto registry = std::make_unique<LocalRegistry>();
    const std::string name = unique_prefix() + "image";
    // An image of its own, gone from the Engine after the push, so that there is something to pull.
    auto source = std::make_unique<ShellImage>(real_engine_endpoint());
    const std::string reference = registry->push(source->reference(), name);
    source.reset();
    std::vector<std::string> told;
    const auto tell = [&](const std::string& text) { told.push_back(text); };
    const auto kind = [&](const std::string& image, const std::optional<RegistryLogin>& login) {
      const auto result = engine->pull_image(image, login, tell, {});
      REQUIRE_FALSE(result.has_value());
      INFO(result.error().message);
      CHECK(result.error().message.find(image) != std::string::npos);
      return result.error().kind;
    };
    CHECK(kind(reference, std::nullopt) == ErrorKind::permission_denied);
    RegistryLogin wrong = registry->login();
    wrong.password = "guess";
    CHECK(kind(reference, wrong) == ErrorKind::permission_denied);
    CHECK(kind(registry->host() + "/" + name + ":none", registry->login()) == ErrorKind::not_found);
    CHECK(kind(registry->host() + "/none:1", registry->login()) == ErrorKind::not_found);
    told.clear();
    const auto pulled = engine->pull_image(reference, registry->login(), tell, {});
    if (!pulled) FAIL(pulled.error().message);
    const auto image = engine->inspect_image(reference);
    REQUIRE(image);
    CHECK(image->digest.starts_with("sha256:"));
    CHECK_FALSE(told.empty());
    const std::string by_digest = reference.substr(0, reference.size() - 2) + "@" + image->digest;
    CHECK(engine->pull_image(by_digest, registry->login(), tell, {}));
    DockerClient client(real_engine_endpoint());
    for (const std::string& tag : {reference, by_digest}) {
      HttpRequest remove;
      remove.method = "DELETE";
      remove.target = "/images/" + tag;
      (void)client.call(remove);
    }
    const RegistryLogin login = registry->login();
    registry.reset();
    CHECK(kind(reference, login) == ErrorKind::unavailable);
  }
}
