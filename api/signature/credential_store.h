#pragma once

// The keys that are good at one door, the daemon's or a job's: a permanent one, and temporary ones
// that were issued in exchange for it. Temporary keys live in memory: a restart ends them, as their
// end would.
//
// Bounded: beyond `most_temporary` the one that expires first makes room. Any thread.

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "api/signature/credentials.h"

namespace trainyard::api {

class CredentialStore final : public CredentialSource {
 public:
  static constexpr std::size_t most_temporary = 10'000;

  explicit CredentialStore(Credential permanent) : permanent_(std::move(permanent)) {}

  const Credential& permanent() const { return permanent_; }

  // A new temporary key ("ASIA…"), good until `now` + `duration`.
  Credential issue(std::string principal, Time now, std::chrono::seconds duration);

  std::optional<Credential> find(std::string_view access_key_id) const override;

 private:
  void make_room(Time now);

  const Credential permanent_;
  mutable std::mutex mutex_;
  std::map<std::string, Credential, std::less<>> temporary_;
};

// A random permanent key ("AKIA…").
Credential new_permanent_credential();

}  // namespace trainyard::api
