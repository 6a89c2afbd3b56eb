#pragma once

// Trees of a stopped container. Read through the Engine's archive API, which works wherever the
// Engine is, or, where this process is root on the Engine's machine, straight from the volumes:
// that is several times as fast and saves the Engine from mounting everything for each call.
//
// The Engine leaves paths near the system's limit out of its archives in silence, see path_limit.
// Used by one thread.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "runtime/artifact/directory_tree.h"
#include "runtime/artifact/tree.h"
#include "runtime/engine/container_engine.h"

namespace trainyard {

class ContainerFiles {
 public:
  enum class Way { direct, archive };
  // The fast one, where this process may take it.
  static Way usual_way();

  ContainerFiles(ContainerEngine& engine, std::string container, std::stop_token stop,
                 Way way = usual_way())
      : engine_(engine), container_(std::move(container)), stop_(std::move(stop)), way_(way) {}

  // The tree at an absolute path; null when there is nothing, not_found when the container is gone.
  // `hard_links` is a wish: an archive keeps them in any case.
  Result<std::unique_ptr<TreeSource>> open(
      const std::string& path,
      DirectoryTree::HardLinks hard_links = DirectoryTree::HardLinks::kept);

  // Of trees opened so far: the longest path of a directory whose entries are all there; 0: any.
  std::size_t path_limit() const { return path_limit_; }

 private:
  Result<std::unique_ptr<TreeSource>> nothing_there();
  // Where `path` lies on this machine; nothing when it cannot be read from there.
  std::optional<std::string> local_path(const std::string& path) const;

  ContainerEngine& engine_;
  std::string container_;
  std::stop_token stop_;
  Way way_;
  std::optional<std::map<std::string, std::string>> mountpoints_;
  std::size_t path_limit_ = 0;
};

}  // namespace trainyard
