#pragma once

// Takes a tree entry by entry: an archive, or directories. The counterpart of TreeSource. Used by
// one thread. The first error stays: every later call returns it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/artifact/tree.h"
#include "runtime/base/result.h"

namespace trainyard {

class TreeTarget {
 public:
  virtual ~TreeTarget() = default;

  // Begins an entry; parents come before children.
  virtual Result<void> begin(const TreeEntry& entry) = 0;
  // Content of the file begun last; all in all exactly the size that its entry said.
  virtual Result<void> write(std::span<const std::byte> bytes) = 0;
  // Without it the tree is not whole.
  virtual Result<void> finish() = 0;

  // Whole entries.
  Result<void> add_directory(const std::string& path, unsigned mode, std::int64_t mtime);
  Result<void> add_file(const std::string& path, unsigned mode, std::int64_t mtime,
                        std::string_view content);
};

}  // namespace trainyard
