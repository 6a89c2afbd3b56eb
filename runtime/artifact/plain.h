#pragma once

// From a tree of files to plain objects, one for each regular file, as output of jobs with
// CompressionType NONE. Every further name of a file with hard links becomes a full copy. What an
// object cannot be (links, devices, FIFOs, sockets) is skipped with a notice; directories are not
// stored.
//
// A file whose name cannot be a key (not UTF-8, or too long) is not lost in silence: everything
// else is stored, and the result is an error that names such files.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/artifact/notices.h"
#include "runtime/artifact/tree.h"
#include "runtime/object/object_store.h"

namespace trainyard {

struct PlainTarget {
  ObjectStore& store;
  std::string bucket;
  std::string prefix;   // of every key, without a slash at its end
  bool s3_keys = true;  // keys must be UTF-8 of at most 1024 bytes
};

// A tree that is the single file at `path` of the tree that is being stored.
using TreeReopen = std::function<Result<std::unique_ptr<TreeSource>>(const std::string& path)>;

struct PlainOptions {
  TreeReopen reopen;           // reads a file again, for hard links
  std::size_t path_limit = 0;  // see PackOptions
};

// Returns the number of objects stored, all of them durably.
Result<std::uint64_t> store_plain(TreeSource& tree, const PlainTarget& target, Notices& notices,
                                  const PlainOptions& options, std::stop_token stop);

}  // namespace trainyard
