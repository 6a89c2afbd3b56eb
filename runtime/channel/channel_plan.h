#pragma once

// From the keys below an S3 prefix to the files of a channel: the only place where a key becomes a
// path. SageMaker's rules for data sources of type S3Prefix:
// - every key that begins with the prefix belongs to the channel;
// - a key below the prefix and "/" (or below a prefix that ends in "/") is named by what follows;
//   any other by what follows the last "/" of the prefix, so that the prefix "data/train" gives
//   "train-1.csv" for "data/train-1.csv", and a prefix that is one key its base name;
// - an empty object whose key ends in "/" makes a directory.
//
// Keys that cannot be files (".." and ".", NUL, too long, not empty but ending in "/") and keys
// that cannot both be files ("a" and "a/b"; "a/b" and "a//b") are an error that names them. No
// object is left out or overwritten in silence. Used by one thread.

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/object/object_store.h"
#include "runtime/object/object_uri.h"

namespace trainyard {

struct PlannedObject {
  std::string key;
  std::string path;  // relative to the channel's directory, "/" between components
  std::uint64_t size = 0;
  bool directory = false;
};

struct ChannelPlan {
  std::vector<PlannedObject> objects;  // in the order of their keys
  std::uint64_t bytes = 0;
};

// The path that the rules above give a key below `prefix`, as it is (may be empty or unsafe).
std::string_view local_name(std::string_view prefix, std::string_view key);

// `base_length`: of the channel's directory in the container, which counts toward the longest path.
class ChannelPlanner {
 public:
  ChannelPlanner(std::string prefix, std::size_t base_length)
      : prefix_(std::move(prefix)), base_length_(base_length) {}

  Result<void> add(const ObjectInfo& object);
  // Checks the whole; call once.
  Result<ChannelPlan> finish();

 private:
  std::string prefix_;
  std::size_t base_length_;
  ChannelPlan plan_;
};

// Lists page by page. not_found when there is no object, or no such bucket.
Result<ChannelPlan> plan_channel(ObjectStore& store, const ObjectUri& uri, std::size_t base_length,
                                 std::stop_token stop);

// Content of /opt/ml/input/data/<channel>-manifest.
std::string channel_manifest(const ObjectUri& uri, const ChannelPlan& plan);

}  // namespace trainyard
