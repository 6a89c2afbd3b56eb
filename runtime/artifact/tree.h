#pragma once

// A tree of files as it is met, entry by entry: in a tar stream of the Engine's archive API, or in
// a directory. What made the tree may be hostile; a source never follows a link and never opens
// anything but regular files and directories.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "runtime/base/result.h"

namespace trainyard {

struct TreeEntry {
  enum class Type { file, directory, symlink, hardlink, fifo, device, socket };
  std::string
      path;  // relative to the root, no leading "/" or "./", any bytes but NUL; the root: ""
  Type type = Type::file;
  unsigned mode = 0;        // permission bits, with set-id and sticky bits as found
  std::int64_t mtime = 0;   // whole seconds since the epoch
  std::uint64_t size = 0;   // of a file
  std::string link_target;  // symlink: its text; hardlink: path of an earlier entry of this tree
};

class TreeSource {
 public:
  virtual ~TreeSource() = default;
  // The next entry; parents come before children, names in bytewise order within a directory.
  // Nothing at the end. The unread content of the previous file is skipped.
  virtual Result<std::optional<TreeEntry>> next() = 0;
  // Content of the file that `next` returned last; 0 at its end.
  virtual Result<std::size_t> read(std::span<std::byte> buffer) = 0;
};

}  // namespace trainyard
