#pragma once

// Builds a channel's tree in a directory of this machine, to be laid under a job's overlay. Names
// are opened component by component and never through a link, so that nothing is written outside
// of the directory. Directories are 0777 and files 0666 whatever the umask: the layer above shows
// their modes to images that are not root.

#include <filesystem>
#include <stop_token>
#include <string>

#include "runtime/artifact/notices.h"
#include "runtime/artifact/tree.h"
#include "runtime/base/unique_fd.h"
#include "runtime/channel/channel_source.h"

namespace trainyard {

// How the bytes get there.
enum class Placement {
  link,          // hard links; an error where that is not possible
  link_or_copy,  // file by file
  copy,
};

struct HostTreeResult {
  bool copied = false;  // at least one file was copied
};

// `directory` must not exist; its parent must. Devices, FIFOs and sockets of a source directory are
// skipped with a notice. The directories of a file:// source are always copied; `link` applies to a
// single file and to objects.
Result<HostTreeResult> build_host_tree(const ChannelSource& source, ObjectStore& store,
                                       const std::filesystem::path& directory, Placement placement,
                                       const LogLine& log, std::stop_token stop);

}  // namespace trainyard
