#pragma once

// A tree of files in memory, and its way into and out of a tar stream. What a fake container or
// volume holds. Paths are relative to the tree's root, without a leading or trailing slash.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "runtime/artifact/tree.h"
#include "runtime/base/result.h"

namespace trainyard::testing {

struct FakeFile {
  TreeEntry::Type type = TreeEntry::Type::file;
  std::string content;  // of a file
  unsigned mode = 0644;
  std::int64_t mtime = 0;   // whole seconds since the epoch
  std::string link_target;  // of a symlink or hard link
};

// Walks a directory's children right after it, names in bytewise order, as the Engine does.
struct PathOrder {
  bool operator()(const std::string& left, const std::string& right) const;
};

using FakeTree = std::map<std::string, FakeFile, PathOrder>;

FakeFile fake_directory(unsigned mode = 0755);
FakeFile fake_symlink(std::string target);

// Puts a file into the tree, with the directories above it that are missing.
void add_file(FakeTree& tree, const std::string& path, FakeFile file);

// True for the root, for an entry that is a directory, and for a parent of an entry.
bool is_directory(const FakeTree& tree, const std::string& path);

std::string make_tar(const FakeTree& tree);
Result<FakeTree> parse_tar(std::string_view tar);

}  // namespace trainyard::testing
