#include "runtime/engine/registry_login.h"

#include <doctest/doctest.h>

#include "runtime/engine/docker/base64.h"
#include "tests/support/temp_dir.h"

using namespace trainyard;
using namespace trainyard::testing;

namespace {

// dXNlcjpwYTpzcw== is "user:pa:ss".
constexpr const char* config = R"({
  "auths": {
    "registry.example.com": {"auth": "dXNlcjpwYTpzcw=="},
    "https://old.example.com/v1/": {"username": "old", "password": "secret"},
    "https://index.docker.io/v1/": {"auth": "aHViOnB3"},
    "broken.example.com": {"auth": "???"},
    "token.example.com": {"identitytoken": "abc"},
    "stored.example.com": {}
  },
  "credHelpers": {"123456789012.dkr.ecr.us-east-1.amazonaws.com": "ecr-login"},
  "credsStore": "desktop"
})";

RegistryLoginFinding find(const char* reference) {
  const auto finding = find_registry_login_in(reference, config);
  REQUIRE(finding);
  return *finding;
}

}  // namespace

TEST_CASE("a reference names its registry, or means Docker Hub") {
  CHECK(registry_of("busybox") == "docker.io");
  CHECK(registry_of("library/busybox:1") == "docker.io");
  CHECK(registry_of("index.docker.io/library/busybox") == "docker.io");
  CHECK(registry_of("registry.example.com/a/b") == "registry.example.com");
  CHECK(registry_of("localhost/a") == "localhost");
  CHECK(registry_of("box:5000/a") == "box:5000");
  CHECK(registry_of("busybox:5000") == "docker.io");
}

TEST_CASE("logins are found in the docker configuration") {
  auto finding = find("registry.example.com/team/train:1");
  REQUIRE(finding.login);
  CHECK(finding.login->username == "user");
  CHECK(finding.login->password == "pa:ss");
  CHECK(finding.login->server == "registry.example.com");
  finding = find("old.example.com/train");
  REQUIRE(finding.login);
  CHECK(finding.login->username == "old");
  CHECK(finding.login->password == "secret");
  finding = find("token.example.com/train");
  REQUIRE(finding.login);
  CHECK(finding.login->identity_token == "abc");
  finding = find("busybox");
  REQUIRE(finding.login);
  CHECK(finding.login->username == "hub");
  CHECK(finding.login->server == "https://index.docker.io/v1/");
}

TEST_CASE("what has no login here is told apart") {
  CHECK_FALSE(find("other.example.com/a").login);
  CHECK(find("other.example.com/a").credential_helper.empty());
  const auto stored = find("stored.example.com/a");
  CHECK(stored.credential_helper == "desktop");
  CHECK(stored.helper_server == "stored.example.com");
  const auto ecr = find("123456789012.dkr.ecr.us-east-1.amazonaws.com/a");
  CHECK(ecr.credential_helper == "ecr-login");
  CHECK(ecr.helper_server == "123456789012.dkr.ecr.us-east-1.amazonaws.com");
  CHECK_FALSE(find("broken.example.com/a").login);
}

TEST_CASE("the configuration file may be absent or broken") {
  const TempDir directory;
  const auto none = find_registry_login("busybox", directory / "config.json");
  REQUIRE(none);
  CHECK_FALSE(none->login);
  write_file(directory / "config.json", "not JSON");
  const auto broken = find_registry_login("busybox", directory / "config.json");
  CHECK(broken.error().kind == ErrorKind::data_corrupt);
  CHECK(broken.error().message.find("config.json") != std::string::npos);
  write_file(directory / "config.json", config);
  CHECK(find_registry_login("busybox", directory / "config.json")->login);

  EndpointSurroundings where = EndpointSurroundings::real();
  where.environment = [](const std::string& name) {
    return std::string(name == "DOCKER_CONFIG" ? "/etc/mine" : "/home/me");
  };
  CHECK(docker_config_file(where) == "/etc/mine/config.json");
  where.environment = [](const std::string& name) {
    return std::string(name == "HOME" ? "/home/me" : "");
  };
  CHECK(docker_config_file(where) == "/home/me/.docker/config.json");
}

TEST_CASE("base64 in both directions") {
  CHECK(decode_base64("aGk=") == "hi");
  CHECK(decode_base64("aGkh") == "hi!");
  CHECK(decode_base64("aA==\n") == "h");
  CHECK(decode_base64("") == "");
  CHECK_FALSE(decode_base64("aGk").has_value());
  CHECK(encode_base64_url("hi") == "aGk=");
  CHECK(encode_base64_url("\xfb\xff\xfe") == "-__-");
}
