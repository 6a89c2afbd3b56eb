#include "runtime/engine/endpoint.h"

#include <cerrno>
#include <map>
#include <set>

#include <doctest/doctest.h>

using namespace trainyard;

namespace {

EndpointSurroundings surroundings(std::map<std::string, std::string> environment,
                                  std::set<std::string> files) {
  return {[environment](const std::string& name) {
            const auto found = environment.find(name);
            return found == environment.end() ? std::string() : found->second;
          },
          [files](const std::string& path) { return files.contains(path); },
          [files](const std::string& path) { return files.contains(path); }};
}

std::string chosen(const std::string& option, const EndpointSurroundings& where) {
  const auto endpoint = choose_endpoint(option, where);
  return endpoint ? endpoint->text() : std::string(to_string(endpoint.error().kind));
}

}  // namespace

TEST_CASE("addresses of Engines are understood") {
  CHECK(parse_endpoint("unix:///run/a.sock")->text() == "unix:///run/a.sock");
  CHECK(parse_endpoint("/run/a.sock")->text() == "unix:///run/a.sock");
  CHECK(parse_endpoint("tcp://box:1234")->text() == "tcp://box:1234");
  CHECK(parse_endpoint("tcp://box")->text() == "tcp://box:2375");
  CHECK(parse_endpoint("http://192.0.2.1:80/")->text() == "tcp://192.0.2.1:80");
  CHECK(parse_endpoint("tcp://[::1]:99")->text() == "tcp://[::1]:99");
  CHECK(parse_endpoint("tcp://[::1]")->host == "::1");
  for (const char* text :
       {"", "box", "unix://", "unix://relative", "tcp://", "tcp://:80", "tcp://box:0",
        "tcp://box:99999", "tcp://box:8x", "tcp://box/path", "tcp://[::1", "tcp://[::1]x"}) {
    CAPTURE(text);
    CHECK(parse_endpoint(text).error().kind == ErrorKind::invalid_argument);
  }
  for (const char* text : {"https://box", "ssh://me@box", "npipe:////./pipe/docker_engine"}) {
    CHECK(parse_endpoint(text).error().kind == ErrorKind::unsupported);
  }
}

TEST_CASE("the option goes before DOCKER_HOST, that before the usual sockets") {
  const auto all = surroundings({{"DOCKER_HOST", "tcp://box:1"}}, {"/var/run/docker.sock"});
  CHECK(chosen("unix:///mine", all) == "unix:///mine");
  CHECK(chosen("", all) == "tcp://box:1");
  CHECK(chosen("", surroundings({{"DOCKER_HOST", "nonsense"}}, {})) == "invalid argument");
  CHECK(chosen("", surroundings({{"DOCKER_HOST", "tcp://b"}, {"DOCKER_TLS_VERIFY", "1"}}, {})) ==
        "unsupported");
}

TEST_CASE("the first usual socket that exists is taken") {
  const std::map<std::string, std::string> environment = {{"XDG_RUNTIME_DIR", "/run/user/7"},
                                                          {"HOME", "/home/me"}};
  std::set<std::string> files;
  CHECK(chosen("", surroundings(environment, files)) == "unix:///var/run/docker.sock");
  for (const char* path :
       {"/run/podman/podman.sock", "/run/user/7/podman/podman.sock",
        "/home/me/.docker/desktop/docker.sock", "/home/me/.docker/run/docker.sock",
        "/run/user/7/docker.sock", "/var/run/docker.sock"}) {
    files.insert(path);
    CHECK(chosen("", surroundings(environment, files)) == std::string("unix://") + path);
  }
  CHECK(chosen("", surroundings({}, {"/docker.sock", "/podman/podman.sock"})) ==
        "unix:///var/run/docker.sock");
}

TEST_CASE("a socket that others may use does not hide one's own") {
  EndpointSurroundings where = surroundings({{"XDG_RUNTIME_DIR", "/run/user/7"}},
                                            {"/var/run/docker.sock", "/run/user/7/docker.sock"});
  where.may_use = [](const std::string& path) { return path == "/run/user/7/docker.sock"; };
  CHECK(chosen("", where) == "unix:///run/user/7/docker.sock");
  where.may_use = [](const std::string&) { return false; };
  CHECK(chosen("", where) == "unix:///var/run/docker.sock");
}

TEST_CASE("why an Engine cannot be reached comes with a remedy") {
  const EngineEndpoint endpoint = *parse_endpoint("/var/run/docker.sock");
  const auto says = [&](int error_number, const char* text) {
    const Error error = connect_error(endpoint, error_number);
    CHECK(error.kind == ErrorKind::unavailable);
    CHECK(error.message.find("unix:///var/run/docker.sock") != std::string::npos);
    CHECK(error.message.find(text) != std::string::npos);
  };
  says(ENOENT, "does not exist");
  says(EACCES, "group docker");
  says(ECONNREFUSED, "nothing listens");
  says(EHOSTUNREACH, "No route to host");
}
