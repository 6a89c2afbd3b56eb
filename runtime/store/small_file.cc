#include "runtime/store/small_file.h"

#include <cerrno>
#include <cstdlib>

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

// Puts the content into the file `fresh` and that in its place.
Result<void> write_and_rename(const UniqueFd& file, const std::string& fresh, const fs::path& path,
                              std::string_view content, bool durable) {
  TRY_VOID(FdSink(file.get()).write(as_bytes(content)));
  if (durable && ::fsync(file.get()) != 0) {
    return failure(system_error(errno, "sync " + fresh));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    return failure(system_error(errno, "rename " + fresh));
  }
  return {};
}

}  // namespace

Result<void> replace_file(const fs::path& path, std::string_view content, bool durable) {
  // Of several that replace it at once, each has a file of its own, 0600.
  std::string fresh = fmt::format("{}{}XXXXXX", path.string(), fresh_file_mark);
  const UniqueFd file(::mkostemp(fresh.data(), O_CLOEXEC));
  if (!file) return failure(system_error(errno, "create " + fresh));
  if (auto written = write_and_rename(file, fresh, path, content, durable); !written) {
    ::unlink(fresh.c_str());
    return written;
  }
  return durable ? sync_directory(path.parent_path()) : Result<void>();
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
