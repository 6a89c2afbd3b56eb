#pragma once

// Overlay mounts by the Engine's local volume driver: a read-only tree of this machine under a
// private upper layer. Upper and work directories lie inside a named volume of the Engine, so that
// what a container writes there as root goes away with the volume, and nobody needs to be root.

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/engine/container_engine.h"

namespace trainyard {

// Why mount options cannot carry `path`, as the end of a sentence; nothing when they can.
std::optional<std::string> overlay_path_fault(const std::string& path);

// The volume that holds the upper layers of one job. Lives in the Engine until it is removed by
// name.
struct UpperVolume {
  std::string name;
  std::string directory;  // on the Engine's machine
};

// How upper and work directories are made inside the volume.
enum class UpperAccess {
  direct,  // by ourselves: for root on the Engine's machine
  helper,  // through the archive API of a container that is created and never started
};

Result<UpperVolume> create_upper_volume(ContainerEngine& engine, const std::string& name,
                                        const Labels& labels);

// Makes upper and work directories for each of `layers` (plain names). `image` is any image that
// the Engine has; nothing of it runs.
Result<void> make_upper_layers(ContainerEngine& engine, const UpperVolume& volume,
                               const std::vector<std::string>& layers, UpperAccess access,
                               const std::string& image, const Labels& labels,
                               std::stop_token stop);

// The mount at `target` of `lower` under the layer `layer`. limit_exceeded when the options would
// be longer than a mount takes.
Result<VolumeMount> overlay_mount(const std::string& target, const std::string& lower,
                                  const UpperVolume& volume, const std::string& layer,
                                  const Labels& labels);

// A name for a volume or helper container that no other one has: "trainyard-<purpose>-<random>".
std::string unique_engine_name(const std::string& purpose);

}  // namespace trainyard
