#include "runtime/channel/host_directory.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/artifact/notices.h"
#include "runtime/channel/opt_ml.h"

namespace trainyard {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

tl::unexpected<Error> staging_error(int error_number, const std::string& path) {
  return failure(system_error(error_number, fmt::format("staging {}", printable(path))));
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// Points into `path`.
const char* name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return path.c_str() + (slash == std::string::npos ? 0 : slash + 1);
}

}  // namespace

Result<HostDirectory> HostDirectory::create(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0) return staging_error(errno, path);
  TRY(HostDirectory directory, open(path));
  TRY_VOID(directory.make_directory(""));
  return directory;
}

Result<HostDirectory> HostDirectory::open(const std::filesystem::path& path) {
  UniqueFd root(::open(path.c_str(), directory_flags));
  if (!root) return staging_error(errno, path);
  return HostDirectory(std::move(root));
}

Result<int> HostDirectory::open_directory(const std::string& path) {
  if (path.empty()) return root_.get();
  if (path == kept_path_ && kept_) return kept_.get();
  UniqueFd current;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    const int parent = current ? current.get() : root_.get();
    const bool made = ::mkdirat(parent, name.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) return staging_error(errno, path);
    UniqueFd next(::openat(parent, name.c_str(), directory_flags));
    if (!next || (made && ::fchmod(next.get(), opt_ml::directory_mode) != 0)) {
      return staging_error(errno, path);
    }
    current = std::move(next);
    begin = end + 1;
  }
  kept_ = std::move(current);
  kept_path_ = path;
  return kept_.get();
}

Result<void> HostDirectory::make_directory(const std::string& path) {
  TRY(const int directory, open_directory(path));
  if (::fchmod(directory, opt_ml::directory_mode) != 0) return staging_error(errno, path);
  return {};
}

Result<UniqueFd> HostDirectory::make_file(const std::string& path, unsigned mode) {
  TRY(const int parent, open_directory(parent_of(path)));
  UniqueFd file(::openat(parent, name_of(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || ::fchmod(file.get(), static_cast<mode_t>(mode)) != 0) {
    return staging_error(errno, path);
  }
  return file;
}

Result<void> HostDirectory::make_symlink(const std::string& path, const std::string& target) {
  TRY(const int parent, open_directory(parent_of(path)));
  if (::symlinkat(target.c_str(), parent, name_of(path)) != 0) return staging_error(errno, path);
  return {};
}

Result<void> HostDirectory::make_hardlink(const std::string& path, const std::string& earlier) {
  TRY(const int kept, open_directory(parent_of(earlier)));
  // A descriptor of its own: the next call may close the one that is kept.
  const UniqueFd from(::fcntl(kept, F_DUPFD_CLOEXEC, 0));
  TRY(const int parent, open_directory(parent_of(path)));
  if (::linkat(from.get(), name_of(earlier), parent, name_of(path), 0) != 0) {
    return staging_error(errno, path);
  }
  return {};
}

Result<bool> HostDirectory::link_file(const std::string& path, int file) {
  TRY(const int parent, open_directory(parent_of(path)));
  const std::string open_file = fmt::format("/proc/self/fd/{}", file);
  if (::linkat(AT_FDCWD, open_file.c_str(), parent, name_of(path), AT_SYMLINK_FOLLOW) == 0) {
    return true;
  }
  switch (errno) {
    case EXDEV:
    case EPERM:
    case EACCES:
    case EMLINK:
    case ENOENT:  // the file has lost its last name; its bytes can still be read
    case EOPNOTSUPP:
      return false;
    default:
      return staging_error(errno, path);
  }
}

}  // namespace trainyard
