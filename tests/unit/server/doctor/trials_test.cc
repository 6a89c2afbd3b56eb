#include "server/doctor/trials.h"

#include <doctest/doctest.h>

#include "tests/support/fake_engine.h"
#include "tests/support/temp_dir.h"

namespace trainyard::server {

using testing::FakeEngine;

TEST_CASE("an Engine without images is not tried, and one that sees other files says so") {
  FakeEngine engine;
  const testing::TempDir place;
  CHECK_FALSE(try_sharing(engine, place / "not/there/yet"));
  engine.add_image("image");
  const auto sharing = try_sharing(engine, place / "not/there/yet");
  REQUIRE(sharing);
  REQUIRE(*sharing);
  CHECK_FALSE((*sharing)->shared);
  CHECK_FALSE((*sharing)->reason.empty());
  CHECK(engine.container_count() == 0);
  CHECK(engine.volume_count() == 0);
  CHECK(std::filesystem::is_empty(place.path()));
}

TEST_CASE("the trial of a job's endpoint leaves no network behind") {
  FakeEngine engine;
  // Of loopback, whose addresses are all this machine's.
  const auto address = try_job_endpoint(engine, "127.91.3.0/24");
  REQUIRE(address);
  CHECK(*address == "127.91.3.1:4748");
  // For documentation: nobody's.
  const auto none = try_job_endpoint(engine, "198.51.100.0/24");
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::unsupported);
  CHECK(engine.network_count() == 0);
}

}  // namespace trainyard::server
