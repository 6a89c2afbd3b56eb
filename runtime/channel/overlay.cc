#include "runtime/channel/overlay.h"

#include <random>

#include <sys/stat.h>

#include "runtime/artifact/notices.h"
#include "runtime/artifact/tar_writer.h"
#include "runtime/channel/opt_ml.h"

namespace trainyard {
namespace {

// The kernel takes one page of options.
constexpr std::size_t longest_options = 4000;

constexpr char helper_target[] = "/trainyard-layers";

std::string upper_name(const std::string& layer) {
  return layer + "/upper";
}
std::string work_name(const std::string& layer) {
  return layer + "/work";
}

Result<void> make_directly(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 || ::chmod(path.c_str(), opt_ml::directory_mode) != 0) {
    return failure(system_error(errno, path));
  }
  return {};
}

Result<void> write_layers(const std::vector<std::string>& layers, ByteSink& sink) {
  TarWriter tar(sink);
  for (const auto& layer : layers) {
    for (const std::string& path : {layer, upper_name(layer), work_name(layer)}) {
      TRY_VOID(tar.add_directory(path, opt_ml::directory_mode, 0));
    }
  }
  return tar.finish();
}

}  // namespace

std::optional<std::string> overlay_path_fault(const std::string& path) {
  for (const char letter : path) {
    if (std::string_view(",:\\\"\n").find(letter) != std::string_view::npos ||
        static_cast<unsigned char>(letter) < 0x20) {
      return fmt::format("the path {} holds a character that mount options cannot carry",
                         printable(path));
    }
  }
  return std::nullopt;
}

Result<UpperVolume> create_upper_volume(ContainerEngine& engine, const std::string& name,
                                        const Labels& labels) {
  UpperVolume volume;
  volume.name = name;
  TRY(volume.directory, engine.create_volume(name, labels));
  return volume;
}

Result<void> make_upper_layers(ContainerEngine& engine, const UpperVolume& volume,
                               const std::vector<std::string>& layers, UpperAccess access,
                               const std::string& image, const Labels& labels,
                               std::stop_token stop) {
  if (access == UpperAccess::direct) {
    for (const auto& layer : layers) {
      for (const std::string& path : {layer, upper_name(layer), work_name(layer)}) {
        TRY_VOID(make_directly(volume.directory + '/' + path));
      }
    }
    return {};
  }
  ContainerSpec helper;
  helper.name = unique_engine_name("helper");
  helper.image = image;
  helper.entrypoint = {"/never-started"};
  helper.command = std::vector<std::string>{};
  helper.labels = labels;
  helper.mounts.push_back({helper_target, volume.name, {}, {}});
  TRY(const std::string id, engine.create_container(helper));
  const auto made = engine.put_archive(
      id, helper_target, [&](ByteSink& sink) { return write_layers(layers, sink); }, stop);
  const auto removed = engine.remove_container(id);
  TRY_VOID(made);
  return removed;
}

Result<VolumeMount> overlay_mount(const std::string& target, const std::string& lower,
                                  const UpperVolume& volume, const std::string& layer,
                                  const Labels& labels) {
  const std::string base = volume.directory + '/';
  for (const std::string& path : {lower, base}) {
    if (const auto fault = overlay_path_fault(path)) {
      return failure(ErrorKind::unsupported, *fault);
    }
  }
  VolumeMount mount;
  mount.target = target;
  mount.labels = labels;
  const std::string options = fmt::format("lowerdir={},upperdir={}{},workdir={}{}", lower, base,
                                          upper_name(layer), base, work_name(layer));
  if (options.size() > longest_options) {
    return failure(ErrorKind::limit_exceeded,
                   fmt::format("the path {} is too long for mount options", printable(lower)));
  }
  mount.driver_options = {{"type", "overlay"}, {"device", "overlay"}, {"o", options}};
  return mount;
}

std::string unique_engine_name(const std::string& purpose) {
  std::random_device random;
  return fmt::format("trainyard-{}-{:08x}{:08x}", purpose, random(), random());
}

}  // namespace trainyard
