#pragma once

// From a tree of files to a gzip-compressed tar archive, as a stream: no copy of the tree is made
// and memory is bounded. Equal trees give equal bytes on one machine, for any number of workers.
//
// What a container wrote is hostile: links are kept as links and never followed, devices, FIFOs and
// sockets are skipped with a notice, set-id bits are dropped.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "runtime/artifact/gzip_sink.h"
#include "runtime/artifact/notices.h"
#include "runtime/artifact/tree.h"

namespace trainyard {

struct PackOptions {
  std::size_t workers = default_gzip_workers();
  GzipSink::CompressorFactory make_compressor = make_default_compressor;
  // A directory whose path below the root is longer than this is an error that names it; 0: none.
  std::size_t path_limit = 0;
};

// Where the archive goes; asked for only once there is something to put into it. The sink is owned
// by the callee and must stay valid until pack_tree has returned.
using SinkOpener = std::function<Result<ByteSink*>()>;

// Returns the number of entries. 0 means that the tree is empty, or that its root is not a
// directory (for which there is a notice), and that no sink was opened. The caller commits what it
// opened.
Result<std::uint64_t> pack_tree(TreeSource& tree, const SinkOpener& open, Notices& notices,
                                const PackOptions& options, std::stop_token stop);

// The same word for everything that cannot be kept; used in notices.
const char* describe(TreeEntry::Type type);

// Fails for a directory below which names may have been lost, see PackOptions::path_limit.
Result<void> check_path_limit(const TreeEntry& entry, std::size_t path_limit);

}  // namespace trainyard
