#include "server/job_endpoint/job_credentials.h"

#include <doctest/doctest.h>

namespace trainyard::server {

TEST_CASE("a job's own key, the one it was given and temporary ones are good, and no other") {
  JobCredentials keys({"JOBKEY1", "own"}, AccessKey{"test", "given", "token"});
  const api::Credential temporary =
      keys.store().issue("arn:aws:iam::1:role/r", Time{}, std::chrono::hours(1));

  CHECK(keys.find("JOBKEY1")->secret_access_key == "own");
  CHECK(keys.find("JOBKEY1")->session_token.empty());
  CHECK(keys.find("test")->secret_access_key == "given");
  CHECK(keys.find("test")->session_token == "token");
  CHECK(keys.find(temporary.access_key_id)->secret_access_key == temporary.secret_access_key);
  CHECK_FALSE(keys.find("JOBKEY2"));
  CHECK_FALSE(keys.find(""));
  const JobCredentials other({"JOBKEY2", "own"}, std::nullopt);
  CHECK_FALSE(other.find(temporary.access_key_id));
}

}  // namespace trainyard::server
