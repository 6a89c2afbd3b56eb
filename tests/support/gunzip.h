#pragma once

#include <string>

namespace trainyard::testing {

// Inflates one gzip member with zlib, which checks its trailer. Fails the test when the text is not
// exactly one whole member.
std::string gunzip(const std::string& compressed);

}  // namespace trainyard::testing
