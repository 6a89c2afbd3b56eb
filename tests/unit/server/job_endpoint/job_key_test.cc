#include "server/job_endpoint/job_key.h"

#include <doctest/doctest.h>

namespace trainyard::server {

TEST_CASE("a job's key is its own, and the same whenever it is asked for") {
  const AccessKey key = job_key("secret", "train/7");
  CHECK(key == job_key("secret", "train/7"));
  CHECK(key.id.size() == 20);
  CHECK(key.secret.size() == 40);
  for (const AccessKey& other : {job_key("secret", "train/8"), job_key("other", "train/7")}) {
    CHECK(key.id != other.id);
    CHECK(key.secret != other.secret);
  }
}

TEST_CASE("a key can stand in URLs and environments as it is") {
  const AccessKey key = job_key("secret", "train/7");
  CHECK(key.id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == std::string::npos);
  CHECK(key.secret.find_first_not_of("0123456789abcdef") == std::string::npos);
}

}  // namespace trainyard::server
