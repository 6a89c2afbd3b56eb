#include <doctest/doctest.h>

#include "tests/support/engine_cases.h"
#include "tests/support/fake_engine.h"

using namespace trainyard;
using namespace trainyard::testing;

TEST_CASE("the fake Engine keeps the contract") {
  for (const EngineCase& engine_case : engine_cases()) {
    SUBCASE(engine_case.name) {
      FakeEngine engine;
      FakeImage image;
      image.program = play_engine_script;
      engine.add_image("shell:1", image);
      EngineUnderTest test{engine, "shell:1", "contract-", {{"case", engine_case.name}}, 1};
      engine_case.run(test);
      remove_everything(engine, test.labels);
      CHECK(engine.container_count() == 0);
      CHECK(engine.volume_count() == 0);
      CHECK(engine.network_count() == 0);
    }
  }
}

TEST_CASE("the fake Engine can be cut off and brought back") {
  FakeEngine engine;
  FakeImage image;
  image.program = wait_for_sigterm(0);
  engine.add_image("waits", image);
  ContainerSpec spec;
  spec.image = "waits:latest";
  const std::string id = *engine.create_container(spec);
  REQUIRE(engine.start_container(id));

  const auto result =
      engine.watch_containers({}, [&](const ContainerEvent&) { engine.set_available(false); }, {});
  CHECK(result.error().kind == ErrorKind::unavailable);
  CHECK(engine.inspect_container(id).error().kind == ErrorKind::unavailable);
  engine.set_available(true);
  CHECK(engine.inspect_container(id)->status == ContainerStatus::running);

  engine.fail_next("inspect_container", Error{ErrorKind::internal, "broken"});
  CHECK(engine.inspect_container(id).error().message == "broken");
  CHECK(engine.inspect_container(id));

  engine.lose_next_reply("create_container");
  spec.name = "lost";
  CHECK(engine.create_container(spec).error().kind == ErrorKind::unavailable);
  CHECK(engine.create_container(spec).error().kind == ErrorKind::already_exists);
}
