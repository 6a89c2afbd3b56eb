#pragma once

// Where a channel's data comes from, resolved and checked: objects below an S3 prefix, or a
// directory or a file of this machine. Values; nothing is read yet but listings.

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include "runtime/channel/channel_plan.h"
#include "runtime/channel/file_roots.h"
#include "runtime/job/job_spec.h"
#include "runtime/object/object_store.h"

namespace trainyard {

struct ChannelSource {
  enum class Kind { objects, directory, file };
  std::string name;  // of the channel
  ObjectUri uri;
  Kind kind = Kind::objects;
  ChannelPlan plan;            // objects
  std::filesystem::path path;  // directory, file: without links
  std::string file_name;       // file: its name in the channel, as the URI gives it
};

// Errors name the location: not_found, permission_denied (outside of the roots), invalid_argument
// (keys that cannot be files; a FIFO or device; the channel names "." and "..").
Result<ChannelSource> resolve_source(const ChannelSpec& channel, ObjectStore& store,
                                     const FileRoots& roots, std::stop_token stop);

// At most `bytes` and `files`? Looks at no more of a directory than it takes to know.
Result<bool> is_within(const ChannelSource& source, std::uint64_t bytes, std::uint64_t files);

}  // namespace trainyard
