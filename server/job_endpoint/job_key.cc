#include "server/job_endpoint/job_key.h"

#include <algorithm>

#include "api/signature/hmac.h"
#include "runtime/object/digest.h"

namespace trainyard::server {

namespace {

// Of AWS's own length, and begun so that nobody takes it for one of AWS's keys.
constexpr std::string_view id_prefix = "JOBKEY";
constexpr std::size_t id_length = 20;
constexpr std::size_t secret_length = 40;

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

}  // namespace

AccessKey job_key(std::string_view secret, std::string_view job) {
  const auto part = [&](std::string_view purpose) {
    return to_hex(api::hmac_sha256(secret, fmt::format("{} {}", purpose, job)));
  };
  AccessKey key;
  key.id = std::string(id_prefix) +
           upper_case(part("access key id").substr(0, id_length - id_prefix.size()));
  key.secret = part("secret access key").substr(0, secret_length);
  return key;
}

}  // namespace trainyard::server
