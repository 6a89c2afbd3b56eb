#include <doctest/doctest.h>
#include <unistd.h>

#include "runtime/engine/docker_engine.h"
#include "tests/support/engine_cases.h"
#include "tests/support/engine_image.h"

using namespace trainyard;
using namespace trainyard::testing;

namespace {

// Whatever a case left behind goes, also when it failed.
struct Sweep {
  ContainerEngine& engine;
  const Labels& labels;
  ~Sweep() { remove_everything(engine, labels); }
};

}  // namespace

// Where TRAINYARD_TEST_ENGINE=1 asks for this machine's Docker Engine.
TEST_SUITE("engine" * doctest::skip(!real_engine_wanted())) {
  TEST_CASE("the Docker Engine keeps the contract") {
    const EngineEndpoint endpoint = real_engine_endpoint();
    static const ShellImage image(endpoint);
    for (const EngineCase& engine_case : engine_cases()) {
      SUBCASE(engine_case.name) {
        const auto engine = make_docker_engine(endpoint);
        const std::string prefix = unique_prefix();
        const unsigned subnet = static_cast<unsigned>(::getpid()) % 250;
        EngineUnderTest test{
            *engine, image.reference(), prefix, {{"trainyard.test", prefix}}, subnet};
        const Sweep sweep{*engine, test.labels};
        engine_case.run(test);
      }
    }
  }
}
