#include "api/signature/credential_store.h"

#include <algorithm>
#include <stdexcept>

#include <openssl/rand.h>

#include "runtime/object/digest.h"

namespace trainyard::api {

namespace {

// As AWS's: four letters that tell the kind, then sixteen of the base-32 alphabet.
constexpr std::size_t id_letters = 16;
// Thirty bytes are forty letters of base64, without padding, as AWS's secrets are.
constexpr std::size_t secret_bytes = 30;
constexpr std::size_t token_bytes = 96;

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) != 1) {
    throw std::runtime_error("there are no random numbers to make a key of");
  }
  return bytes;
}

std::string new_id(std::string_view kind) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string id(kind);
  for (const char byte : random_bytes(id_letters)) {
    id += alphabet[static_cast<unsigned char>(byte) % alphabet.size()];
  }
  return id;
}

}  // namespace

Credential new_permanent_credential() {
  return {.access_key_id = new_id("AKIA"),
          .secret_access_key = to_base64(random_bytes(secret_bytes)),
          .session_token = {},
          .principal = {}};
}

Credential CredentialStore::issue(std::string principal, Time now, std::chrono::seconds duration) {
  Credential credential{.access_key_id = new_id("ASIA"),
                        .secret_access_key = to_base64(random_bytes(secret_bytes)),
                        .session_token = to_base64(random_bytes(token_bytes)),
                        .expires = now + duration,
                        .principal = std::move(principal)};
  const std::lock_guard lock(mutex_);
  make_room(now);
  temporary_.emplace(credential.access_key_id, credential);
  return credential;
}

// Expired keys stay known until their room is wanted, so that their users are told why.
void CredentialStore::make_room(Time now) {
  if (temporary_.size() < most_temporary) return;
  std::erase_if(temporary_, [&](const auto& entry) { return entry.second.expires <= now; });
  if (temporary_.size() < most_temporary) return;
  temporary_.erase(std::min_element(
      temporary_.begin(), temporary_.end(),
      [](const auto& a, const auto& b) { return a.second.expires < b.second.expires; }));
}

std::optional<Credential> CredentialStore::find(std::string_view access_key_id) const {
  if (access_key_id == permanent_.access_key_id) return permanent_;
  const std::lock_guard lock(mutex_);
  const auto found = temporary_.find(access_key_id);
  if (found == temporary_.end()) return std::nullopt;
  return found->second;
}

}  // namespace trainyard::api
