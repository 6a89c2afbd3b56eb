#include "runtime/channel/volume_target.h"

#include <algorithm>
#include <cerrno>
#include <ranges>

#include <sys/stat.h>
#include <unistd.h>

#include "runtime/artifact/notices.h"
#include "runtime/base/stream.h"

namespace trainyard {

Result<VolumeTarget> VolumeTarget::open(const std::map<std::string, std::string>& mountpoints,
                                        const std::vector<std::string>& targets) {
  if (::geteuid() != 0) {
    return failure(ErrorKind::unsupported, "only root writes into the Engine's volumes");
  }
  VolumeTarget result;
  for (const auto& target : targets) {
    const auto place = mountpoints.find(target);
    if (place == mountpoints.end()) {
      return failure(ErrorKind::unsupported, fmt::format("{} is no volume", target));
    }
    // The volume's random name is part of its directory's path: where that directory exists here,
    // it is the Engine's.
    auto directory = HostDirectory::open(place->second);
    if (!directory) return failure(ErrorKind::unsupported, directory.error().message);
    result.volumes_.emplace(target, std::move(*directory));
  }
  return result;
}

std::vector<std::string> VolumeTarget::targets_below(
    const std::vector<std::string>& roots, const std::map<std::string, std::string>& mountpoints,
    const std::vector<VolumeMount>& brought) {
  std::vector<std::string> targets = roots;
  for (const auto& [path, directory] : mountpoints) {
    const auto is_above = [&](const std::string& root) { return path.starts_with(root + '/'); };
    const auto is_here = [&](const VolumeMount& mount) { return mount.target == path; };
    if (std::ranges::any_of(roots, is_above) && std::ranges::none_of(brought, is_here)) {
      targets.push_back(path);
    }
  }
  return targets;
}

Result<VolumeTarget::Place> VolumeTarget::locate(const std::string& name) {
  const std::string path = '/' + name;
  // A volume may be mounted inside of another, and comes after it.
  for (auto& [target, volume] : std::views::reverse(volumes_)) {
    if (path == target) return Place{&volume, ""};
    if (path.starts_with(target + '/')) return Place{&volume, path.substr(target.size() + 1)};
  }
  return failure(ErrorKind::invalid_argument,
                 fmt::format("{} lies in no volume of the container", printable(path)));
}

Result<void> VolumeTarget::begin(const TreeEntry& entry) {
  TRY_VOID(end_file());
  auto made = make(entry);
  obstructed_ = !made;
  return made;
}

Result<void> VolumeTarget::make(const TreeEntry& entry) {
  TRY(const Place place, locate(entry.path));
  switch (entry.type) {
    case TreeEntry::Type::directory:
      return place.volume->make_directory(place.path);
    case TreeEntry::Type::symlink:
      return place.volume->make_symlink(place.path, entry.link_target);
    case TreeEntry::Type::hardlink: {
      TRY(const Place earlier, locate(entry.link_target));
      return place.volume->make_hardlink(place.path, earlier.path);
    }
    case TreeEntry::Type::file: {
      TRY(file_, place.volume->make_file(place.path, entry.mode));
      file_path_ = entry.path;
      remaining_ = entry.size;
      mtime_ = entry.mtime;
      return {};
    }
    default:
      return failure(ErrorKind::unsupported,
                     fmt::format("{} cannot be staged", printable(entry.path)));
  }
}

Result<void> VolumeTarget::write(std::span<const std::byte> bytes) {
  if (bytes.size() > remaining_) {
    return failure(ErrorKind::data_corrupt,
                   fmt::format("{} is longer than it should be", printable(file_path_)));
  }
  remaining_ -= bytes.size();
  return FdSink(file_.get()).write(bytes);
}

Result<void> VolumeTarget::end_file() {
  if (!file_) return {};
  if (remaining_ != 0) {
    return failure(ErrorKind::data_corrupt, fmt::format("{} is {} bytes shorter than it should be",
                                                        printable(file_path_), remaining_));
  }
  const timespec times[2] = {{0, UTIME_OMIT}, {mtime_, 0}};
  if (::futimens(file_.get(), times) != 0) {
    return failure(system_error(errno, printable(file_path_)));
  }
  file_.reset();
  return {};
}

Result<void> VolumeTarget::finish() {
  return end_file();
}

}  // namespace trainyard
