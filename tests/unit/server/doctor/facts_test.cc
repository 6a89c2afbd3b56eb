#include "server/doctor/facts.h"

#include <cerrno>

#include <doctest/doctest.h>
#include <unistd.h>

#include "runtime/store/data_directory.h"
#include "tests/support/canned_server.h"
#include "tests/support/temp_dir.h"

namespace trainyard::server {

namespace {

std::string health(std::string_view body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

}  // namespace

TEST_CASE("a port is free, or somebody listens there") {
  CHECK(look_at_port({"127.0.0.1", 0}).error_number == 0);
  CHECK(look_at_port({"192.0.2.1", 4747}).error_number == EADDRNOTAVAIL);
  const testing::CannedServer ours(health(R"({"status":"ok","engine":{"reachable":false}})"));
  const PortFacts taken = look_at_port({"127.0.0.1", ours.port()});
  CHECK(taken.error_number == EADDRINUSE);
  CHECK(taken.trainyard_answers);
  for (const char* body : {"<html>", "{}", "[]", R"({"status":1})", R"({"status":"ok"})"}) {
    const testing::CannedServer other(health(body));
    const PortFacts facts = look_at_port({"127.0.0.1", other.port()});
    CHECK(facts.error_number == EADDRINUSE);
    CHECK_FALSE(facts.trainyard_answers);
  }
}

TEST_CASE("ufw is on or off by its configuration") {
  const testing::TempDir temporary;
  CHECK_FALSE(ufw_is_enabled(temporary / "ufw.conf"));
  testing::write_file(temporary / "ufw.conf", "# set by ufw\nENABLED=no\nLOGLEVEL=low\n");
  CHECK_FALSE(ufw_is_enabled(temporary / "ufw.conf"));
  testing::write_file(temporary / "ufw.conf", "# set by ufw\nENABLED=yes\n");
  CHECK(ufw_is_enabled(temporary / "ufw.conf"));
}

TEST_CASE("a data directory is looked at without being made or locked") {
  const testing::TempDir temporary;
  const DataDirectoryFacts missing = look_at_data_directory(temporary / "data");
  CHECK(missing.usable);
  CHECK_FALSE(missing.holder);
  CHECK_FALSE(std::filesystem::exists(temporary / "data"));
  const auto directory = DataDirectory::open(temporary / "data");
  REQUIRE(directory);
  const DataDirectoryFacts held = look_at_data_directory(temporary / "data");
  CHECK(held.usable);
  CHECK(held.holder == ::getpid());
  CHECK_FALSE(look_at_data_directory(temporary.path()).usable);
}

TEST_CASE("the disk of a directory that does not exist yet is that of its parent") {
  const testing::TempDir temporary;
  const auto facts = look_at_disk("data directory", temporary / "a" / "b");
  REQUIRE(facts.free_bytes);
}

TEST_CASE("a socket that is there, and one that is not") {
  const testing::TempDir temporary;
  CHECK_FALSE(look_at_socket((temporary / "none.sock").string()).exists);
  testing::write_file(temporary / "file.sock", "");
  const SocketFacts facts = look_at_socket((temporary / "file.sock").string());
  CHECK(facts.exists);
  CHECK(facts.usable);
  CHECK_FALSE(facts.group.empty());
}

TEST_CASE("without an Engine the facts are gathered all the same") {
  const testing::TempDir temporary;
  DoctorOptions options;
  options.listen = {"127.0.0.1", 0};
  options.data_dir = temporary / "data";
  options.docker_host = "unix://" + (temporary / "none.sock").string();
  const Facts facts = gather_facts(options);
  REQUIRE_FALSE(facts.engine);
  CHECK(facts.engine.error().kind == ErrorKind::unavailable);
  REQUIRE(facts.socket);
  CHECK_FALSE(facts.socket->exists);
  CHECK(facts.disks.size() == 1);
  options.docker_host = "ssh://host";
  CHECK_FALSE(gather_facts(options).engine);
}

}  // namespace trainyard::server
