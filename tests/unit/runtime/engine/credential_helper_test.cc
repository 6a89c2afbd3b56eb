#include "runtime/engine/credential_helper.h"

#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>

#include "tests/support/temp_dir.h"

using namespace trainyard;
using namespace trainyard::testing;
using namespace std::chrono_literals;

namespace {

// Helpers of the tests' own, which are found before any others. No other thread looks at the
// environment meanwhile.
// NOLINTBEGIN(concurrency-mt-unsafe)
class Helpers {
 public:
  Helpers() : path_(std::getenv("PATH")) {
    REQUIRE(::setenv("PATH", (directory_.path().string() + ":" + path_).c_str(), 1) == 0);
  }
  ~Helpers() { ::setenv("PATH", path_.c_str(), 1); }
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  // A shell script.
  void add(const std::string& name, const std::string& script) const {
    const auto file = directory_ / ("docker-credential-" + name);
    write_file(file, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }
  std::filesystem::path operator/(const char* name) const { return directory_ / name; }

 private:
  TempDir directory_;
  std::string path_;
};
// NOLINTEND(concurrency-mt-unsafe)

Error fault_of(const std::string& name, std::chrono::milliseconds patience = 20s) {
  const auto login = ask_credential_helper(name, "registry.example.com", patience, {});
  REQUIRE_FALSE(login);
  CHECK(login.error().message.starts_with("docker-credential-" + name));
  return login.error();
}

}  // namespace

TEST_CASE("a credential helper is asked for a registry by its own protocol") {
  const Helpers helpers;
  helpers.add("test", R"~([ "$1" = get ] && [ "$(cat)" = registry.example.com ] &&
    echo '{"ServerURL":"registry.example.com","Username":"me","Secret":"word"}')~");
  const auto login = ask_credential_helper("test", "registry.example.com", 20s, {});
  REQUIRE(login);
  CHECK(login->username == "me");
  CHECK(login->password == "word");
  CHECK(login->server == "registry.example.com");

  helpers.add("token", R"(echo '{"Username":"<token>","Secret":"abc"}')");
  const auto token = ask_credential_helper("token", "registry.example.com", 20s, {});
  REQUIRE(token);
  CHECK(token->username.empty());
  CHECK(token->password.empty());
  CHECK(token->identity_token == "abc");
}

TEST_CASE("a credential helper without an answer is an error that says why") {
  const Helpers helpers;
  CHECK(fault_of("absent").kind == ErrorKind::not_found);
  CHECK(fault_of("../test").kind == ErrorKind::invalid_argument);
  helpers.add("none", "echo credentials not found in native keychain; exit 1");
  CHECK(fault_of("none").kind == ErrorKind::not_found);
  CHECK(fault_of("none").message.find("credentials not found") != std::string::npos);
  helpers.add("odd", "echo me:word");
  CHECK(fault_of("odd").kind == ErrorKind::data_corrupt);
  helpers.add("endless", "yes");
  CHECK(fault_of("endless").kind == ErrorKind::data_corrupt);
}

TEST_CASE("a credential helper that hangs is not waited for, and neither is what it began") {
  const Helpers helpers;
  helpers.add("hangs", "sleep 600");
  CHECK(fault_of("hangs", 50ms).kind == ErrorKind::timed_out);
  helpers.add("lingers", R"(echo '{"Username":"me","Secret":"word"}'; exec >&- <&-; sleep 600)");
  CHECK(fault_of("lingers", 200ms).kind == ErrorKind::not_found);
  std::stop_source stopped;
  stopped.request_stop();
  const auto login = ask_credential_helper("hangs", "r", 20s, stopped.get_token());
  CHECK(login.error().kind == ErrorKind::cancelled);
}
