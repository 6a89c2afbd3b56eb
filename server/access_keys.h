#pragma once

// The access key of a data directory: made by its first daemon, kept in a file that only its user
// can read, and with that the proof that a command of that user's talks to that user's daemon.

#include <filesystem>
#include <string>

#include "api/signature/credential_store.h"
#include "api/sts/sts_service.h"
#include "runtime/base/result.h"

namespace trainyard::server {

// The key in `file`, which is made when there is none. data_corrupt when the file holds no key.
Result<api::Credential> read_or_make_keys(const std::filesystem::path& file);

// not_found when there is none.
Result<api::Credential> read_keys(const std::filesystem::path& file);

// The keys that STS gives out, kept in `store`. It also says who is meant by those that `others`
// knows. All three outlive it.
api::TemporaryKeys temporary_keys(api::CredentialStore& store, const api::CredentialSource& others,
                                  const Clock& clock);

// What the daemon's own routes take in place of a signature: "Authorization: Bearer TOKEN". Cannot
// be turned back into the key.
std::string control_token(const api::Credential& keys);
// That of the daemon of a data directory; "" where there never was one.
std::string own_control_token(const std::filesystem::path& data_dir);

}  // namespace trainyard::server
