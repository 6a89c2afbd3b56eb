#pragma once

// Which directories of this machine a file:// URI may name. A request may come from anyone who
// reaches the daemon, so a path must lie under a root also after every ".." and link was resolved.
// Any thread.

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace trainyard {

class FileRoots {
 public:
  // Roots that do not exist admit nothing.
  explicit FileRoots(const std::vector<std::filesystem::path>& roots);

  // The path without links and "..". Errors: permission_denied when it is outside of the roots,
  // whether or not it exists there; not_found.
  Result<std::filesystem::path> resolve(const std::string& path) const;

  // The same for a directory that will be written to and need not exist: its deepest ancestor that
  // does exist is resolved and checked, and no ".." may come after that.
  Result<std::filesystem::path> resolve_output(const std::string& path) const;

 private:
  Result<void> check(const std::filesystem::path& resolved, const std::string& asked) const;

  std::vector<std::filesystem::path> roots_;
};

}  // namespace trainyard
