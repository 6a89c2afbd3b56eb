#include "runtime/engine/docker/engine_error.h"

#include <doctest/doctest.h>

using namespace trainyard;

namespace {

ErrorKind kind(unsigned status, const char* message) {
  return engine_error("trying", status, fmt::format(R"({{"message":"{}"}})", message)).kind;
}

ErrorKind pull_kind(const char* message) {
  return pull_error("a/b:1", message).kind;
}

}  // namespace

TEST_CASE("an error says what was tried and what the Engine answered") {
  CHECK(engine_error("trying", 404, R"({"message":"No such container: a"})") ==
        Error{ErrorKind::not_found, "trying: No such container: a"});
  CHECK(engine_error("trying", 500, "plain text\n") ==
        Error{ErrorKind::internal, "trying: plain text"});
  CHECK(engine_error("trying", 500, "") ==
        Error{ErrorKind::internal, "trying: the Engine answered with status 500"});
  CHECK(engine_error("trying", 500, std::string(1 << 20, 'x')).message.size() < 5000);
}

TEST_CASE("statuses become kinds") {
  CHECK(kind(400, "bad") == ErrorKind::invalid_argument);
  CHECK(kind(401, "who") == ErrorKind::permission_denied);
  CHECK(kind(403, "no") == ErrorKind::permission_denied);
  CHECK(kind(404, "none") == ErrorKind::not_found);
  CHECK(kind(409, "You cannot remove a running container") == ErrorKind::conflict);
  CHECK(kind(409, "The container name is already in use") == ErrorKind::already_exists);
  CHECK(kind(409, "network with name a already exists") == ErrorKind::already_exists);
  CHECK(kind(409, "remove a: volume is in use - [b]") == ErrorKind::conflict);
  CHECK(kind(503, "busy") == ErrorKind::unavailable);
  CHECK(kind(500, "boom") == ErrorKind::internal);
}

TEST_CASE("overlapping and busy networks are conflicts whatever the status") {
  for (const unsigned status : {403U, 409U, 500U}) {
    CHECK(kind(status, "Pool overlaps with other one on this address space") ==
          ErrorKind::conflict);
    CHECK(kind(status, "error while removing network: network a has active endpoints") ==
          ErrorKind::conflict);
  }
}

TEST_CASE("a command that cannot be executed is told from a mount that fails alike") {
  constexpr const char* create =
      "failed to create shim task: OCI runtime create failed: runc create "
      "failed: unable to start container process: ";
  for (const char* text :
       {"exec: \"train\": executable file not found in $PATH: unknown",
        "exec: \"/x\": stat /x: no such file or directory: unknown",
        "exec: \"/bin\": permission denied: unknown", "exec /train: exec format error: unknown"}) {
    CHECK(is_command_error(std::string(create) + text));
  }
  CHECK_FALSE(
      is_command_error("error while mounting volume '/v': failed to mount local volume: "
                       "mount overlay:/v, data: lowerdir=/a: no such file or directory"));
  CHECK_FALSE(is_command_error("No such container: exec"));
  CHECK_FALSE(is_command_error("network none not found"));
}

TEST_CASE("failures of a pull") {
  CHECK(pull_kind("manifest for a:1 not found: manifest unknown: manifest unknown") ==
        ErrorKind::not_found);
  CHECK(pull_kind("pull access denied for a, repository does not exist or may require 'docker "
                  "login': denied: requested access to the resource is denied") ==
        ErrorKind::not_found);
  CHECK(pull_kind("Head \\\"https://r/v2/a\\\": no basic auth credentials") ==
        ErrorKind::permission_denied);
  CHECK(pull_kind("unauthorized: authentication required") == ErrorKind::permission_denied);
  CHECK(
      pull_kind("Get http://127.0.0.1:1/v2/: dial tcp 127.0.0.1:1: connect: connection refused") ==
      ErrorKind::unavailable);
  CHECK(pull_kind("dial tcp: lookup r on 1.1.1.1:53: no such host") == ErrorKind::unavailable);
  CHECK(pull_kind("invalid reference format") == ErrorKind::invalid_argument);
  CHECK(pull_kind("write /var/lib: no space left on device") == ErrorKind::limit_exceeded);
  CHECK(pull_kind("what is this") == ErrorKind::internal);
}
