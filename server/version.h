#pragma once

#include <string_view>

namespace trainyard::server {

// The program's version, e.g. "0.1.0".
std::string_view version();

}  // namespace trainyard::server
