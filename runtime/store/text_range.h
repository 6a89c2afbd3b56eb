#pragma once

// Which texts of an ordered column begin with a prefix: those from the prefix to its end.

#include <optional>
#include <string>

namespace trainyard {

// The smallest text that is larger than every text that begins with `prefix`; none where there is
// no such text. Texts are compared bytewise.
std::optional<std::string> end_of_prefix(std::string prefix);

}  // namespace trainyard
