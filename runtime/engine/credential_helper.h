#pragma once

// Asks docker's credential helpers: programs named docker-credential-NAME that keep the logins for
// registries or make them ("ecr-login"). What they are told and tell is the protocol of
// github.com/docker/docker-credential-helpers.

#include <chrono>
#include <stop_token>
#include <string>

#include "runtime/base/result.h"
#include "runtime/engine/container_engine.h"

namespace trainyard {

// The login that docker-credential-`name`, found by PATH, has for `server` (a registry, in the
// words of the docker configuration). Any thread; waits for the program, which is killed after
// `patience`. Errors: not_found (no such program, or it has no login), invalid_argument (no name of
// a program), data_corrupt (it does not keep to the protocol), timed_out, cancelled.
Result<RegistryLogin> ask_credential_helper(const std::string& name, const std::string& server,
                                            std::chrono::milliseconds patience,
                                            std::stop_token stop);

}  // namespace trainyard
