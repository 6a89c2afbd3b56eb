#pragma once

// AWS STS: tells callers who they are and gives out temporary keys. Every role can be assumed.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/service/modelled_service.h"
#include "runtime/base/clock.h"

namespace trainyard::api {

struct TemporaryKey {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  Time expires{};
};

// Where temporary keys come from. Any thread.
struct TemporaryKeys {
  // A new key for `principal`, an ARN; "" is the account itself.
  std::function<TemporaryKey(const std::string& principal, std::chrono::seconds duration)> issue;
  // To whom a key was issued; nothing for a key that is none of these.
  std::function<std::optional<std::string>(std::string_view access_key_id)> principal_of;
};

class StsService {
 public:
  StsService(std::string account_id, TemporaryKeys keys);

  // Query protocol. Any thread.
  Response handle(Request& request) const { return service_.handle(request, Protocol::query); }

 private:
  ModelledService service_;
};

}  // namespace trainyard::api
