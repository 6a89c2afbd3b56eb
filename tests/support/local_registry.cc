#include "tests/support/local_registry.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/unique_fd.h"
#include "runtime/engine/docker/base64.h"
#include "runtime/engine/docker/connection.h"
#include "runtime/engine/docker/docker_client.h"
#include "tests/support/engine_image.h"

namespace trainyard::testing {
namespace {

constexpr const char* program = "/usr/bin/docker-registry";
// The bcrypt hash of "secret".
constexpr const char* password_file =
    "user:$2b$05$9FIE0sKp3BVBNMqFiEkZ0umlud4tCnflY9EIfWthS40kGH81hto8e\n";

unsigned free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  (void)::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), size);
  (void)::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.sin_port);
}

HttpRequest request(const char* method, std::string target) {
  HttpRequest result;
  result.method = method;
  result.target = std::move(target);
  return result;
}

}  // namespace

bool LocalRegistry::available() {
  return ::access(program, X_OK) == 0;
}

LocalRegistry::LocalRegistry() : port_(free_port()) {
  const std::string root = directory_.path().string();
  write_file(directory_ / "htpasswd", password_file);
  write_file(directory_ / "config.yml",
             fmt::format("version: 0.1\nlog: {{level: error}}\n"
                         "storage: {{filesystem: {{rootdirectory: {0}/data}}}}\n"
                         "http: {{addr: '127.0.0.1:{1}'}}\n"
                         "auth: {{htpasswd: {{realm: test, path: {0}/htpasswd}}}}\n",
                         root, port_));
  std::string config = root + "/config.yml";
  std::string name = program;
  std::string verb = "serve";
  char* arguments[] = {name.data(), verb.data(), config.data(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  const std::string output = root + "/output";
  ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const int status = ::posix_spawn(&process_, program, &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (status != 0) throw std::runtime_error("cannot run docker-registry");
  const EngineEndpoint endpoint = *parse_endpoint("tcp://" + host());
  for (int attempt = 0; attempt < 400; ++attempt) {
    if (Connection::open(endpoint, after(std::chrono::seconds(1)), {})) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  throw std::runtime_error("docker-registry does not listen: " + read_file(output));
}

LocalRegistry::~LocalRegistry() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

std::string LocalRegistry::host() const {
  return fmt::format("127.0.0.1:{}", port_);
}

RegistryLogin LocalRegistry::login() const {
  return {"user", "secret", host()};
}

std::string LocalRegistry::push(const std::string& image, const std::string& name) {
  DockerClient client(real_engine_endpoint());
  const std::string repository = host() + "/" + name;
  const auto tagged = client.call(request(
      "POST", fmt::format("/images/{}/tag?repo={}&tag=1", image, encode_query(repository))));
  if (!tagged || !tagged->ok()) throw std::runtime_error("cannot tag " + image);
  HttpRequest push = request("POST", fmt::format("/images/{}/push?tag=1", repository));
  const nlohmann::json auth = {
      {"username", "user"}, {"password", "secret"}, {"serveraddress", host()}};
  push.headers.emplace_back("X-Registry-Auth", encode_base64_url(auth.dump()));
  const auto pushed = client.call(push);
  (void)client.call(request("DELETE", fmt::format("/images/{}:1", repository)));
  if (!pushed || !pushed->ok() || pushed->body.find("errorDetail") != std::string::npos) {
    throw std::runtime_error("cannot push: " + (pushed ? pushed->body : pushed.error().message));
  }
  return repository + ":1";
}

}  // namespace trainyard::testing
