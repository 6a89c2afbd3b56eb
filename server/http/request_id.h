#pragma once

#include <string>

namespace trainyard::server {

// A new random UUID, e.g. "3f2a4c1e-9d6b-4c37-8f0a-5be1d7c2a901". Any thread.
std::string new_request_id();

}  // namespace trainyard::server
