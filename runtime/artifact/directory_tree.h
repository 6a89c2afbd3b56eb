#pragma once

// The tree of a directory of this machine. Walks by descriptors and never follows a link, so that
// no path has to be short and no name that is swapped meanwhile leads out; one descriptor for the
// directory and one for a file are open at a time, however deep the tree. Files with several names
// are met as a file first and as hard links to it after that, or, where asked for, as files each
// time.
//
// A tree that changes while it is read gives an error, never mixed content: `conflict` when a
// directory moved, `data_corrupt` when a file became shorter. What a file gained is left out.

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "runtime/artifact/tree.h"
#include "runtime/base/unique_fd.h"

namespace trainyard {

class DirectoryTree final : public TreeSource {
 public:
  enum class HardLinks { kept, as_files };

  // `root` may also name a single file. A link at `root` itself is an entry of type symlink.
  explicit DirectoryTree(std::string root, HardLinks hard_links = HardLinks::kept)
      : root_(std::move(root)), hard_links_(hard_links) {}

  Result<std::optional<TreeEntry>> next() override;
  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  using Identity = std::pair<std::uint64_t, std::uint64_t>;  // device, inode

  struct Level {
    std::vector<std::string> names;  // those still to come, last first
    Identity identity;
    std::size_t path_length = 0;  // of the directory's own path
  };

  Result<TreeEntry> entry_at(int directory, const char* name, std::string path);
  Result<void> enter(const std::string& name);
  Result<void> leave();

  std::string root_;
  HardLinks hard_links_;
  bool began_ = false;
  UniqueFd directory_;  // of the last of levels_
  std::vector<Level> levels_;
  std::string path_;          // of the last of levels_
  std::string pending_name_;  // directory returned last, entered by the call after
  bool pending_ = false;
  std::map<Identity, std::string> seen_;  // files with more than one name

  UniqueFd file_;
  std::string file_name_;  // of the file returned last, until it is opened
  std::string file_path_;
  Identity file_identity_;
  std::uint64_t file_remaining_ = 0;
};

}  // namespace trainyard
