#include "runtime/store/small_file.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "runtime/base/stream.h"
#include "runtime/base/unique_fd.h"

namespace trainyard {

namespace {

namespace fs = std::filesystem;

Result<void> sync_directory(const fs::path& path) {
  const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) {
    return failure(system_error(errno, "sync " + path.string()));
  }
  return {};
}

}  // namespace

Result<void> replace_file(const fs::path& path, std::string_view content, bool durable) {
  const fs::path fresh = path.string() + ".new";
  const UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return failure(system_error(errno, "create " + fresh.string()));
  TRY_VOID(FdSink(file.get()).write(as_bytes(content)));
  if (durable && ::fsync(file.get()) != 0) {
    return failure(system_error(errno, "sync " + fresh.string()));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return failure(system_error(errno, "rename " + fresh.string()));
  }
  if (!durable) return {};
  return sync_directory(path.parent_path());
}

Result<std::string> read_small_file(const fs::path& path, std::size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failure(system_error(errno, "open " + path.string()));
  FdSource source(file.get());
  TRY(std::string content, read_all(source, limit));
  while (!content.empty() && content.back() == '\n') content.pop_back();
  return content;
}

}  // namespace trainyard
