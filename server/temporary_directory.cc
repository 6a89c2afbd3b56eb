#include "server/temporary_directory.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include <spdlog/spdlog.h>

namespace trainyard::server {

namespace fs = std::filesystem;

Result<TemporaryDirectory> TemporaryDirectory::make() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) {
    return failure(system_error(error.value(), "finding a place for temporary files (TMPDIR)"));
  }
  std::string name = (parent / "trainyard-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return failure(system_error(errno, "making a temporary directory in " + parent.string()));
  }
  return TemporaryDirectory(name);
}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  std::error_code error;
  fs::remove_all(path_, error);
  if (error) spdlog::error("{} could not be removed: {}", path_.string(), error.message());
}

}  // namespace trainyard::server
