#include "runtime/job/pip_cache.h"

#include <algorithm>

#include "runtime/channel/staging.h"
#include "runtime/job/container_plan.h"

namespace trainyard {

namespace {

constexpr char target[] = "/var/cache/trainyard-pip";

std::string directory_name(const std::string& user) {
  std::string name = user.substr(0, user.find(':'));
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_';
        return !plain;
      },
      '_');
  return "user-" + name;
}

}  // namespace

std::string pip_cache_volume(const std::string& data_directory_id) {
  return fmt::format("trainyard-{}-pip-cache", data_directory_id);
}

VolumeMount pip_cache_mount(const std::string& data_directory_id) {
  VolumeMount mount;
  mount.target = target;
  mount.volume = pip_cache_volume(data_directory_id);
  mount.labels = data_directory_labels(data_directory_id);
  mount.labels[cache_label] = "pip";
  return mount;
}

PipCacheDirectory pip_cache_directory(const ImageInfo& image) {
  if (runs_as_root(image)) return {std::string(target) + "/root", 0755};
  // Its number is known to the image alone.
  return {fmt::format("{}/{}", target, directory_name(image.user)), 0777};
}

}  // namespace trainyard
