#include "runtime/artifact/container_files.h"

#include <cerrno>
#include <ranges>

#include <sys/stat.h>
#include <unistd.h>

#include "runtime/artifact/archive_tree.h"

namespace trainyard {
namespace {

// The Engine walks below a directory of its own, whose length is not known to us; a directory with
// a longer path could have lost entries.
constexpr std::size_t longest_directory_in_archive = 3500;

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

ContainerFiles::Way ContainerFiles::usual_way() {
  return ::geteuid() == 0 ? Way::direct : Way::archive;
}

// Of a container that somebody removed everything is missing, and that must not pass for an empty
// result.
Result<std::unique_ptr<TreeSource>> ContainerFiles::nothing_there() {
  TRY_VOID(engine_.inspect_container(container_));
  return nullptr;
}

std::optional<std::string> ContainerFiles::local_path(const std::string& path) const {
  if (way_ != Way::direct) return std::nullopt;
  // A volume may be mounted inside of another, and comes after it.
  for (const auto& [target, directory] : std::views::reverse(*mountpoints_)) {
    const bool below = path == target || path.starts_with(target + '/');
    // The volume's random name is part of its directory's path: where that directory exists here,
    // it is the Engine's.
    if (below && is_directory(directory)) return directory + path.substr(target.size());
  }
  return std::nullopt;
}

Result<std::unique_ptr<TreeSource>> ContainerFiles::open(const std::string& path,
                                                         DirectoryTree::HardLinks hard_links) {
  if (!mountpoints_) {
    TRY(auto state, engine_.inspect_container(container_));
    mountpoints_ = std::move(state.mountpoints);
  }
  if (const auto local = local_path(path)) {
    struct stat status{};
    if (::lstat(local->c_str(), &status) == 0) {
      return std::make_unique<DirectoryTree>(*local, hard_links);
    }
    if (errno == ENOENT) return nothing_there();
    return failure(system_error(errno, path));
  }
  auto archive = engine_.get_archive(container_, path, stop_);
  if (!archive && archive.error().kind == ErrorKind::not_found) return nothing_there();
  if (!archive) return failure(std::move(archive).error());
  path_limit_ = longest_directory_in_archive;
  return std::make_unique<ArchiveTree>(std::move(*archive));
}

}  // namespace trainyard
