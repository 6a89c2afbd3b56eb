#pragma once

// Keys that requests are signed with.

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"

namespace trainyard::api {

struct Credential {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;   // "" for a permanent key; else every request must carry it
  Time expires = no_deadline;  // of a temporary key
  std::string principal;       // ARN of whom it was issued to; "" for the account's own key
};

// Where a verifier looks keys up. Any thread.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  // Also one that has expired, where it is still known. Nothing when there is no such key.
  virtual std::optional<Credential> find(std::string_view access_key_id) const = 0;
};

}  // namespace trainyard::api
