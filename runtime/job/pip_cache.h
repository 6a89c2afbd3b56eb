#pragma once

// One cache of pip's for the containers of all jobs (--pip-cache), in a volume of the Engine that
// stays. pip's own locking makes it safe for jobs that run at once. pip uses a cache only below a
// directory that its user may write, as root only below one of root's; so each user that images run
// as has a directory in it. Pure.

#include <string>

#include "runtime/engine/container_engine.h"

namespace trainyard {

// Labels a volume that belongs to no job and stays.
inline constexpr const char* cache_label = "trainyard.cache";

std::string pip_cache_volume(const std::string& data_directory_id);
VolumeMount pip_cache_mount(const std::string& data_directory_id);

struct PipCacheDirectory {
  std::string path;  // PIP_CACHE_DIR
  unsigned mode = 0;
};
PipCacheDirectory pip_cache_directory(const ImageInfo& image);

}  // namespace trainyard
