#include "runtime/job/machine_files.h"

#include <filesystem>
#include <optional>

#include "runtime/artifact/tar_writer.h"
#include "runtime/job/pip_cache.h"

namespace trainyard {

namespace {

// Names in an archive that is extracted at "/".
std::string member_name(const std::string& path) {
  return path.substr(1);
}

bool adds_roots(const JobSite& site) {
  return site.trusted_roots != nullptr && site.trusted_roots->wanted();
}

}  // namespace

std::map<std::string, std::string> machine_variables(const JobSite& site, const ImageInfo& image) {
  std::map<std::string, std::string> variables;
  if (adds_roots(site)) variables = trusted_roots_environment();
  if (site.options.pip_cache) variables["PIP_CACHE_DIR"] = pip_cache_directory(image).path;
  return variables;
}

std::vector<VolumeMount> machine_mounts(const JobSite& site) {
  if (!site.options.pip_cache) return {};
  return {pip_cache_mount(site.data_directory_id)};
}

Result<void> put_machine_files(const JobSite& site, const ImageInfo& image,
                               const std::string& container, std::stop_token stop) {
  if (!adds_roots(site) && !site.options.pip_cache) return {};
  std::string bundle;
  if (adds_roots(site)) {
    TRY(bundle, site.trusted_roots->bundle(image.id, container, stop));
  }
  const auto write = [&](ByteSink& sink) -> Result<void> {
    TarWriter tar(sink);
    if (!bundle.empty()) {
      const std::string path = member_name(trusted_roots_path);
      TRY_VOID(tar.add_directory(std::filesystem::path(path).parent_path(), 0755, 0));
      TRY_VOID(tar.add_file(path, 0644, 0, bundle));
    }
    if (site.options.pip_cache) {
      const PipCacheDirectory directory = pip_cache_directory(image);
      TRY_VOID(tar.add_directory(member_name(directory.path), directory.mode, 0));
    }
    return tar.finish();
  };
  return site.engine.put_archive(container, "/", write, stop);
}

}  // namespace trainyard
