#include "server/job_endpoint/job_credentials.h"

#include <doctest/doctest.h>

#include "api/signature/credential_store.h"

namespace trainyard::server {

TEST_CASE("a job's own key, the one it was given and temporary ones are good, and no other") {
  api::Credential permanent;
  permanent.access_key_id = "AKIADAEMON";
  permanent.secret_access_key = "secret of the daemon";
  api::CredentialStore issued(permanent);
  const api::Credential temporary =
      issued.issue("arn:aws:iam::1:role/r", Time{}, std::chrono::hours(1));
  const JobCredentials keys({"JOBKEY1", "own"}, AccessKey{"test", "given", "token"}, issued);

  CHECK(keys.find("JOBKEY1")->secret_access_key == "own");
  CHECK(keys.find("JOBKEY1")->session_token.empty());
  CHECK(keys.find("test")->secret_access_key == "given");
  CHECK(keys.find("test")->session_token == "token");
  CHECK(keys.find(temporary.access_key_id)->secret_access_key == temporary.secret_access_key);
  CHECK_FALSE(keys.find("AKIADAEMON"));
  CHECK_FALSE(keys.find("JOBKEY2"));
  CHECK_FALSE(keys.find(""));
}

}  // namespace trainyard::server
