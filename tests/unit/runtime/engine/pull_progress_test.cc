#include "runtime/engine/docker/pull_progress.h"

#include <doctest/doctest.h>

using namespace trainyard;

TEST_CASE("the progress of a pull is added up over its layers") {
  PullProgress progress;
  const auto take = [&](const char* line) { return progress.take(nlohmann::json::parse(line)); };
  CHECK(progress.summary().empty());
  CHECK_FALSE(take(R"({"status":"Pulling from library/busybox","id":"latest"})"));
  CHECK(progress.summary().empty());
  take(R"({"status":"Pulling fs layer","progressDetail":{},"id":"aaa"})");
  take(R"({"status":"Already exists","progressDetail":{},"id":"bbb"})");
  CHECK(progress.summary() == "1 of 2 layers");
  take(
      R"({"status":"Downloading","progressDetail":{"current":2000000,"total":9000000},"id":"aaa"})");
  CHECK(progress.summary() == "1 of 2 layers, 2 of 9 MB");
  take(R"({"status":"Verifying Checksum","progressDetail":{},"id":"aaa"})");
  take(R"({"status":"Download complete","progressDetail":{},"id":"aaa"})");
  CHECK(progress.summary() == "1 of 2 layers, 9 of 9 MB");
  take(R"({"status":"Extracting","progressDetail":{"current":1,"total":9000000},"id":"aaa"})");
  take(R"({"status":"Pull complete","progressDetail":{},"id":"aaa"})");
  CHECK(progress.summary() == "2 of 2 layers, 9 of 9 MB");
  take(R"({"status":"Digest: sha256:1234"})");
  CHECK(progress.summary() == "2 of 2 layers, 9 of 9 MB");
  CHECK(take(R"({"errorDetail":{"message":"no"},"error":"no"})") == "no");
  CHECK(take(R"({"error":"old form"})") == "old form");
}
