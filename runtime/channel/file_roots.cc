#include "runtime/channel/file_roots.h"

#include <system_error>

#include "runtime/base/path.h"

namespace trainyard {
namespace fs = std::filesystem;

namespace {

Error resolve_error(const std::error_code& code, const std::string& asked) {
  return system_error(code.value(), fmt::format("file://{}", asked));
}

}  // namespace

FileRoots::FileRoots(const std::vector<fs::path>& roots) {
  for (const auto& root : roots) {
    std::error_code code;
    // A trailing slash would count as one more, empty component.
    const fs::path resolved = fs::canonical(root.has_filename() ? root : root.parent_path(), code);
    if (!code) roots_.push_back(resolved);
  }
}

Result<void> FileRoots::check(const fs::path& resolved, const std::string& asked) const {
  for (const auto& root : roots_) {
    if (lies_under(resolved, root)) return {};
  }
  return failure(ErrorKind::permission_denied,
                 fmt::format("file://{} lies outside of the directories that jobs may use; start "
                             "the daemon with --file-root naming a directory above it",
                             asked));
}

Result<fs::path> FileRoots::resolve(const std::string& path) const {
  std::error_code code;
  const fs::path resolved = fs::canonical(path, code);
  if (!code) {
    TRY_VOID(check(resolved, path));
    return resolved;
  }
  // What is missing outside of the roots must look like what exists there.
  TRY_VOID(resolve_output(path));
  return failure(resolve_error(code, path));
}

Result<fs::path> FileRoots::resolve_output(const std::string& path) const {
  fs::path existing = path;
  fs::path missing;
  for (;;) {
    std::error_code code;
    const fs::path resolved = fs::canonical(existing, code);
    if (!code) {
      const fs::path whole = missing.empty() ? resolved : resolved / missing;
      TRY_VOID(check(resolved, path));
      return whole;
    }
    std::error_code link_code;
    const bool dangling = fs::is_symlink(fs::symlink_status(existing, link_code));
    const fs::path name = existing.filename();
    if (code != std::errc::no_such_file_or_directory || dangling || name == "..") {
      TRY_VOID(check(existing.lexically_normal(), path));
      return failure(resolve_error(code, path));
    }
    if (!name.empty() && name != ".") missing = missing.empty() ? name : name / missing;
    if (!existing.has_relative_path()) return failure(resolve_error(code, path));
    existing = existing.parent_path();
  }
}

}  // namespace trainyard
