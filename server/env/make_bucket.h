#pragma once

#include <chrono>
#include <string>

#include "api/signature/credentials.h"
#include "runtime/base/result.h"
#include "server/http_client.h"

namespace trainyard::server {

// How long `trainyard env` waits for each answer of the daemon.
constexpr std::chrono::seconds daemon_patience{10};

// Makes a bucket by the daemon's S3 service, with a request that is signed as any client's; success
// where there is one of that name already.
Result<void> make_bucket(const BaseUrl& url, const api::Credential& keys, const std::string& region,
                         const std::string& bucket);

}  // namespace trainyard::server
