#include "runtime/engine/docker/api_version.h"

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace trainyard;

TEST_CASE("API versions are compared as numbers") {
  CHECK(ApiVersion::parse("1.41") == ApiVersion{1, 41});
  CHECK(*ApiVersion::parse("1.9") < *ApiVersion::parse("1.41"));
  CHECK(ApiVersion{1, 44}.text() == "1.44");
  for (const char* text : {"", "1", "1.", ".41", "1.41.2", "v1.41", "1.x"}) {
    CHECK_FALSE(ApiVersion::parse(text).has_value());
  }
}

TEST_CASE("the version nearest to the preferred one is agreed on") {
  CHECK(agree_on_version({1, 12}, {1, 41}) == ApiVersion{1, 41});
  CHECK(agree_on_version({1, 24}, {1, 47}) == preferred_api_version);
  CHECK(agree_on_version({1, 44}, {1, 52}) == ApiVersion{1, 44});
  CHECK(agree_on_version({1, 48}, {1, 60}) == ApiVersion{1, 48});
  CHECK(agree_on_version({1, 12}, {1, 40}) == ApiVersion{1, 40});
  const auto old = agree_on_version({1, 12}, {1, 39});
  REQUIRE_FALSE(old);
  CHECK(old.error().kind == ErrorKind::unsupported);
}

TEST_CASE("an answer to GET /version is understood") {
  CHECK(agree_on_version(R"({"ApiVersion":"1.41","MinAPIVersion":"1.12"})") == ApiVersion{1, 41});
  CHECK(agree_on_version(R"({"ApiVersion":"1.52","MinAPIVersion":"1.46"})") == ApiVersion{1, 46});
  CHECK(agree_on_version(R"({"ApiVersion":"1.41"})") == ApiVersion{1, 41});
  CHECK(agree_on_version("<html>").error().kind == ErrorKind::unavailable);
}

TEST_CASE("callers that come together ask once") {
  VersionAgreement agreement;
  std::atomic<int> asked = 0;
  std::latch together(4);
  const auto ask = [&](std::stop_token) -> Result<ApiVersion> {
    ++asked;
    return ApiVersion{1, 41};
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      together.arrive_and_wait();
      CHECK(agreement.get(ask, {}) == ApiVersion{1, 41});
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(asked == 1);
  agreement.forget();
  CHECK(agreement.get(ask, {}));
  CHECK(asked == 2);
}

TEST_CASE("who waits for another's question can be stopped, and a failure is not remembered") {
  VersionAgreement agreement;
  std::stop_source stop;
  const auto outer = [&](std::stop_token) -> Result<ApiVersion> {
    stop.request_stop();
    // Asked while the outer question is open: would wait for ever without the stop.
    const auto inner = agreement.get(
        [](std::stop_token) -> Result<ApiVersion> { return ApiVersion{1, 1}; }, stop.get_token());
    CHECK(inner.error().kind == ErrorKind::cancelled);
    return failure(ErrorKind::unavailable, "away");
  };
  CHECK(agreement.get(outer, {}).error().kind == ErrorKind::unavailable);
  const auto later =
      agreement.get([](std::stop_token) -> Result<ApiVersion> { return ApiVersion{1, 41}; }, {});
  CHECK(later == ApiVersion{1, 41});
}
