#pragma once

// The tree in a tar stream, as the Engine's archive API sends it: names begin with the last
// component of the path that was asked for, which is left out here. Streams in bounded memory.
//
// Names that would leave the tree (absolute, with ".." or NUL) are ErrorKind::data_corrupt. The
// tree owns its source; destroying it early ends the transfer.

#include <memory>
#include <optional>
#include <vector>

#include "runtime/artifact/tree.h"
#include "runtime/base/stream.h"

namespace trainyard {

class ArchiveTree final : public TreeSource {
 public:
  explicit ArchiveTree(std::unique_ptr<ByteSource> tar);
  ~ArchiveTree() override;
  ArchiveTree(const ArchiveTree&) = delete;
  ArchiveTree& operator=(const ArchiveTree&) = delete;

  Result<std::optional<TreeEntry>> next() override;
  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  struct State;
  Error error_of(const char* what) const;

  std::unique_ptr<State> state_;
};

}  // namespace trainyard
