#pragma once

// From a key to a place below a directory, component by component and never through a link.

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace trainyard {

// The components of a plain relative path; anything else is ErrorKind::invalid_argument.
Result<std::vector<std::string>> split_key(std::string_view key);

// Opens the directory below `root` that the components but the last lead to. With `create`, makes
// what is missing, and syncs what it made when `durable`.
Result<UniqueFd> open_parent(int root, const std::vector<std::string>& components, bool create,
                             bool durable);

// system_error, but a link in the way is ErrorKind::permission_denied.
Error path_error(int error_number, std::string_view what);

}  // namespace trainyard
