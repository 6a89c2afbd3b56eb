#include "server/intermission.h"

#include <optional>
#include <semaphore>
#include <thread>

#include <doctest/doctest.h>

namespace trainyard::server {

namespace {

int status_of(const ServiceHandler& handler) {
  StringSource empty("");
  api::Request request;
  request.body = &empty;
  return handler(request, {.service = Service::s3, .protocol = api::Protocol::rest_xml}).status;
}

}  // namespace

TEST_CASE("requests pass, except in an intermission") {
  Intermission intermission;
  const ServiceHandler handler =
      intermission.guard([](api::Request&, const Destination&) { return api::Response(); });
  CHECK(status_of(handler) == 200);
  {
    const auto closed = intermission.begin(std::chrono::hours(1));
    CHECK(status_of(handler) == 503);
  }
  CHECK(status_of(handler) == 200);
}

TEST_CASE("an intermission waits for those inside, but not for ever") {
  Intermission intermission;
  std::binary_semaphore inside(0);
  std::binary_semaphore leave(0);
  const ServiceHandler handler = intermission.guard([&](api::Request&, const Destination&) {
    inside.release();
    leave.acquire();
    return api::Response();
  });
  std::thread visitor([&] { CHECK(status_of(handler) == 200); });
  inside.acquire();
  {
    const auto closed = intermission.begin(std::chrono::milliseconds(1));
  }
  leave.release();
  const auto closed = intermission.begin(std::chrono::hours(1));
  visitor.join();
}

TEST_CASE("a handler that throws has left") {
  Intermission intermission;
  const ServiceHandler handler = intermission.guard(
      [](api::Request&, const Destination&) -> api::Response { throw std::runtime_error("no"); });
  CHECK_THROWS(status_of(handler));
  const auto closed = intermission.begin(std::chrono::hours(1));
}

}  // namespace trainyard::server
