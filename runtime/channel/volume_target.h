#pragma once

// Writes a tree straight into the volumes of a container that has not been started, where this
// process is root on the Engine's machine. Saves the Engine from mounting everything for an
// archive. What the image already has there is not overwritten but an error: the archive API can do
// that.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/artifact/tree_target.h"
#include "runtime/base/unique_fd.h"
#include "runtime/channel/host_directory.h"
#include "runtime/engine/container_engine.h"

namespace trainyard {

class VolumeTarget final : public TreeTarget {
 public:
  // Names of entries are relative to "/"; each must lie at or below one of `targets`, of which
  // `mountpoints` tells where they lie. unsupported when they cannot be reached from here.
  static Result<VolumeTarget> open(const std::map<std::string, std::string>& mountpoints,
                                   const std::vector<std::string>& targets);

  // `roots` and whatever the image mounts below them, which hides what is written beneath it.
  // Mounts that are `brought` have their content already.
  static std::vector<std::string> targets_below(
      const std::vector<std::string>& roots, const std::map<std::string, std::string>& mountpoints,
      const std::vector<VolumeMount>& brought);

  Result<void> begin(const TreeEntry& entry) override;
  Result<void> write(std::span<const std::byte> bytes) override;
  Result<void> finish() override;

  // Was it an entry that could not be made, as where the image has one of its own?
  bool obstructed() const { return obstructed_; }

 private:
  struct Place {
    HostDirectory* volume = nullptr;
    std::string path;
  };
  VolumeTarget() = default;
  Result<Place> locate(const std::string& name);
  Result<void> make(const TreeEntry& entry);
  Result<void> end_file();

  std::map<std::string, HostDirectory> volumes_;  // by target
  UniqueFd file_;
  std::string file_path_;
  std::uint64_t remaining_ = 0;
  std::int64_t mtime_ = 0;
  bool obstructed_ = false;
};

}  // namespace trainyard
