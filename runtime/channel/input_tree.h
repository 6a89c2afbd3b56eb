#pragma once

// The tar stream that is put at "/" of a job's container before it starts: the whole tree of
// /opt/ml with its configuration, and the data of those channels that are not laid under it by a
// mount. Data is streamed from where it lies.

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/artifact/notices.h"
#include "runtime/artifact/tree.h"
#include "runtime/artifact/tree_target.h"
#include "runtime/channel/channel_source.h"
#include "runtime/object/object_store.h"

namespace trainyard {

struct InputTree {
  struct Channel {
    ChannelSource source;
    bool with_data = true;  // false: a mount brings the data, only its manifest is written
  };
  std::map<std::string, std::string> config;  // files of input/config
  std::vector<Channel> channels;
  std::int64_t time = 0;  // of what has none of its own, seconds since the epoch
};

// May be called again. Devices, FIFOs and sockets of a directory are skipped with a notice.
Result<void> write_input_tree(const InputTree& input, ObjectStore& store, TreeTarget& target,
                              const LogLine& log, std::stop_token stop);

// Permission bits in a channel: writable for everyone, executable where the source was.
unsigned private_mode(const TreeEntry& entry);

}  // namespace trainyard
