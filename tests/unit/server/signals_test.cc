#include "server/signals.h"

#include <future>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace trainyard::server {

namespace {

// Runs `body` in a process of its own, which shares nothing with the test's, and returns how that
// ended, as waitpid reports it.
template <typename Body>
int status_of_process(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("a signal calls back, and the process lives on") {
  for (const int number : {SIGTERM, SIGINT}) {
    const int status = status_of_process([&] {
      std::promise<void> stopped;
      const StopSignals signals([&] { stopped.set_value(); });
      ::kill(::getpid(), number);
      stopped.get_future().wait();
      return 7;
    });
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7);
  }
}

TEST_CASE("a second signal ends the process at once") {
  const int status = status_of_process([] {
    std::promise<void> stopped;
    const StopSignals signals([&] { stopped.set_value(); });
    ::kill(::getpid(), SIGTERM);
    stopped.get_future().wait();
    ::kill(::getpid(), SIGINT);
    for (;;) ::pause();
    return 0;
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 128 + SIGINT);
}

TEST_CASE("writing to a closed pipe does not end the process") {
  const int status = status_of_process([] {
    const StopSignals signals([] {});
    int ends[2];
    if (::pipe(ends) != 0) return 1;
    ::close(ends[0]);
    return ::write(ends[1], "x", 1) == -1 ? 7 : 1;
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

}  // namespace trainyard::server
