#include "api/signature/credential_store.h"

#include <doctest/doctest.h>

namespace trainyard::api {

TEST_CASE("temporary keys are issued, known, and make room") {
  using std::chrono::seconds;
  CredentialStore store(new_permanent_credential());
  CHECK(store.permanent().access_key_id.starts_with("AKIA"));
  CHECK(store.permanent().access_key_id.size() == 20);
  CHECK(store.permanent().secret_access_key.size() == 40);
  CHECK(store.find(store.permanent().access_key_id)->session_token.empty());
  CHECK_FALSE(store.find("AKIA"));

  const Time now = from_milliseconds(1000);
  const Credential first = store.issue("arn:1", now, seconds(10));
  CHECK(first.access_key_id.starts_with("ASIA"));
  CHECK(first.expires == now + seconds(10));
  CHECK(store.find(first.access_key_id)->principal == "arn:1");
  for (std::size_t count = 1; count < CredentialStore::most_temporary; ++count) {
    store.issue("arn:2", now, seconds(100));
  }
  CHECK(store.find(first.access_key_id));
  // The one that expires first goes; once others have expired, they go.
  const Credential last = store.issue("arn:3", now, seconds(200));
  CHECK_FALSE(store.find(first.access_key_id));
  const Credential later = store.issue("arn:4", now + seconds(150), seconds(1));
  CHECK(store.find(last.access_key_id));
  CHECK(store.find(later.access_key_id));
}

}  // namespace trainyard::api
