#include "runtime/object/directory_path.h"

#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trainyard {

Result<std::vector<std::string>> split_key(std::string_view key) {
  const auto refuse = [&] {
    return failure(ErrorKind::invalid_argument,
                   fmt::format("\"{}\" is not a plain relative path", key));
  };
  if (key.find('\0') != key.npos) return refuse();
  std::vector<std::string> components;
  for (;;) {
    const std::size_t slash = key.find('/');
    const std::string_view component = key.substr(0, slash);
    if (component.empty() || component == "." || component == "..") return refuse();
    if (component.size() > NAME_MAX) {
      return failure(ErrorKind::invalid_argument,
                     fmt::format("a name in it is longer than {} bytes", NAME_MAX));
    }
    components.emplace_back(component);
    if (slash == key.npos) return components;
    key.remove_prefix(slash + 1);
  }
}

Error path_error(int error_number, std::string_view what) {
  if (error_number == ELOOP || error_number == EMLINK) {
    return {ErrorKind::permission_denied, fmt::format("{}: a symbolic link is in the way", what)};
  }
  return system_error(error_number, what);
}

Result<UniqueFd> open_parent(int root, const std::vector<std::string>& components, bool create,
                             bool durable) {
  UniqueFd at(::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!at) return failure(system_error(errno, "opening a directory"));
  for (std::size_t i = 0; i + 1 < components.size(); ++i) {
    const char* name = components[i].c_str();
    if (create) {
      if (::mkdirat(at.get(), name, 0777) == 0) {
        if (durable && ::fsync(at.get()) != 0) {
          return failure(system_error(errno, "syncing a directory"));
        }
      } else if (errno != EEXIST) {
        return failure(system_error(errno, "making directory " + components[i]));
      }
    }
    UniqueFd next(::openat(at.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) {
      int reason = errno;
      // With O_DIRECTORY the kernel may call a link "not a directory"; tell the two apart.
      struct stat status{};
      if (reason == ENOTDIR && ::fstatat(at.get(), name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISLNK(status.st_mode)) {
        reason = ELOOP;
      }
      return failure(path_error(reason, "opening directory " + components[i]));
    }
    at = std::move(next);
  }
  return at;
}

}  // namespace trainyard
