#pragma once

// Makes entries below a directory of this machine, by relative path. Names are opened component by
// component and never through a link, so that nothing is made outside of the directory. Directories
// get the modes of opt_ml.h, whatever the umask. Used by one thread.

#include <filesystem>
#include <string>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace trainyard {

class HostDirectory {
 public:
  // A directory that does not exist yet; its parent does.
  static Result<HostDirectory> create(const std::filesystem::path& path);
  // One that exists.
  static Result<HostDirectory> open(const std::filesystem::path& path);

  // May exist; "" is the directory itself.
  Result<void> make_directory(const std::string& path);
  // A new, empty file, open for writing.
  Result<UniqueFd> make_file(const std::string& path, unsigned mode);
  Result<void> make_symlink(const std::string& path, const std::string& target);
  // A further name of an earlier file of this directory.
  Result<void> make_hardlink(const std::string& path, const std::string& earlier);
  // A name for an open file. False where the file systems or the file's owner do not allow it.
  Result<bool> link_file(const std::string& path, int file);

 private:
  explicit HostDirectory(UniqueFd root) : root_(std::move(root)) {}

  // Opens, and makes where missing. The descriptor stays ours until the next call.
  Result<int> open_directory(const std::string& path);

  UniqueFd root_;
  UniqueFd kept_;  // used last: names come in order
  std::string kept_path_;
};

}  // namespace trainyard
