#include "server/engine_probe.h"

#include <atomic>
#include <semaphore>

#include <doctest/doctest.h>

namespace trainyard::server {

namespace {

using namespace std::chrono_literals;

EngineInfo info_of(const std::string& version) {
  return {version, "1.41", "overlay2", "/var/lib/docker", "unix:///docker.sock"};
}

}  // namespace

TEST_CASE("what the Engine says is handed on, and asked for each time") {
  int asked = 0;
  EngineProbe probe(
      [&]() -> Result<EngineInfo> {
        if (++asked == 2) return failure(ErrorKind::unavailable, "nobody listens");
        return info_of(std::to_string(asked));
      },
      10s);
  CHECK(probe.info()->version == "1");
  CHECK(probe.info().error().message == "nobody listens");
}

TEST_CASE("an Engine that hangs keeps nobody waiting, and is asked once") {
  std::atomic<int> asked = 0;
  std::binary_semaphore go_on(0);
  EngineProbe probe(
      [&]() -> Result<EngineInfo> {
        ++asked;
        go_on.acquire();
        return info_of("late");
      },
      1ms);
  CHECK(probe.info().error().kind == ErrorKind::timed_out);
  CHECK(probe.info().error().kind == ErrorKind::timed_out);
  CHECK(asked <= 1);
  go_on.release();
}

}  // namespace trainyard::server
