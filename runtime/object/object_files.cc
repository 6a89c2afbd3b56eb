#include "runtime/object/object_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/stream.h"
#include "runtime/object/digest.h"

namespace trainyard {

namespace {

std::string directory_of(const std::string& name) {
  return name.substr(0, 2);
}

std::string path_of(const std::string& name) {
  return directory_of(name) + "/" + name;
}

// By way of our own memory, where the kernel cannot copy between these two files itself.
Result<void> copy_through_memory(int from, off_t offset, std::uint64_t length, int to, off_t at,
                                 const std::stop_token& stop) {
  FileRangeSource source(from, static_cast<std::uint64_t>(offset), length);
  std::vector<std::byte> buffer(stream_buffer_bytes);
  for (;;) {
    if (stop.stop_requested()) return stopped_writing();
    TRY(const std::size_t count, source.read(buffer));
    if (count == 0) return {};
    for (std::size_t done = 0; done < count;) {
      const ssize_t written =
          ::pwrite(to, buffer.data() + done, count - done, at + static_cast<off_t>(done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failure(system_error(errno, "writing a stored object"));
      done += static_cast<std::size_t>(written);
    }
    at += static_cast<off_t>(count);
  }
}

}  // namespace

Result<std::size_t> FileRangeSource::read(std::span<std::byte> buffer) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer.size()));
  if (wanted == 0) return std::size_t{0};
  for (;;) {
    const ssize_t count = ::pread(fd_, buffer.data(), wanted, static_cast<off_t>(offset_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(system_error(errno, "reading a stored object"));
    if (count == 0) {
      return failure(ErrorKind::data_corrupt, "a stored object is shorter than it was");
    }
    offset_ += static_cast<std::uint64_t>(count);
    left_ -= static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }
}

Result<ObjectFiles> ObjectFiles::open(const std::filesystem::path& root) {
  if (::mkdir(root.c_str(), 0777) != 0 && errno != EEXIST) {
    return failure(system_error(errno, "making " + root.string()));
  }
  UniqueFd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fchmod(fd.get(), 0777) != 0) {
    return failure(system_error(errno, "opening " + root.string()));
  }
  return ObjectFiles(std::move(fd));
}

std::string ObjectFiles::new_name() {
  char bytes[16];
  for (std::size_t filled = 0; filled < sizeof bytes;) {
    const ssize_t count = ::getrandom(bytes + filled, sizeof bytes - filled, 0);
    if (count < 0 && errno != EINTR) throw std::runtime_error("getrandom fails");
    if (count > 0) filled += static_cast<std::size_t>(count);
  }
  return to_hex({bytes, sizeof bytes});
}

Result<void> ObjectFiles::make_directory(const std::string& name) const {
  const std::string directory = directory_of(name);
  if (::mkdirat(root_.get(), directory.c_str(), 0777) != 0) {
    if (errno == EEXIST) return {};
    return failure(system_error(errno, "making a directory of the object store"));
  }
  if (::fchmodat(root_.get(), directory.c_str(), 0777, 0) != 0) {
    return failure(system_error(errno, "making a directory of the object store"));
  }
  return {};
}

Result<UniqueFd> ObjectFiles::create(const std::string& name) const {
  const auto try_once = [&] {
    return UniqueFd(::openat(root_.get(), path_of(name).c_str(),
                             O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  };
  UniqueFd fd = try_once();
  if (!fd && errno == ENOENT) {
    TRY_VOID(make_directory(name));
    fd = try_once();
  }
  if (!fd || ::fchmod(fd.get(), 0666) != 0) {
    return failure(system_error(errno, "making a file of the object store"));
  }
  return fd;
}

Result<UniqueFd> ObjectFiles::open_for_reading(const std::string& name) const {
  UniqueFd fd(::openat(root_.get(), path_of(name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return failure(system_error(errno, "opening a file of the object store"));
  return fd;
}

Result<UniqueFd> ObjectFiles::open_for_writing(const std::string& name) const {
  UniqueFd fd(::openat(root_.get(), path_of(name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return failure(system_error(errno, "opening a file of the object store"));
  return fd;
}

Result<void> ObjectFiles::duplicate(int fd, std::uint64_t size, const std::string& name,
                                    const std::stop_token& stop) const {
  TRY_VOID(make_directory(name));
  const std::string source = fmt::format("/proc/self/fd/{}", fd);
  if (::linkat(AT_FDCWD, source.c_str(), root_.get(), path_of(name).c_str(), AT_SYMLINK_FOLLOW) ==
      0) {
    return {};
  }
  // The source was unlinked meanwhile, has its full number of links, or the file system has none.
  TRY(const UniqueFd copy, create(name));
  return append_file_range(fd, 0, size, copy.get(), 0, stop);
}

Result<void> ObjectFiles::remove(const std::string& name) const {
  if (::unlinkat(root_.get(), path_of(name).c_str(), 0) != 0 && errno != ENOENT) {
    return failure(system_error(errno, "removing a file of the object store"));
  }
  return {};
}

Result<void> ObjectFiles::sync_directory(const std::string& name) const {
  const UniqueFd directory(
      ::openat(root_.get(), directory_of(name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0 || ::fsync(root_.get()) != 0) {
    return failure(system_error(errno, "syncing a directory of the object store"));
  }
  return {};
}

Result<void> append_file_range(int from, std::uint64_t offset, std::uint64_t length, int to,
                               std::uint64_t at, const std::stop_token& stop) {
  // Not so much at once that a stop would have to wait long for it.
  constexpr std::uint64_t most_at_once = 64 * 1024 * 1024;
  auto read_at = static_cast<off_t>(offset);
  auto write_at = static_cast<off_t>(at);
  while (length > 0) {
    if (stop.stop_requested()) return stopped_writing();
    const auto wanted = static_cast<std::size_t>(std::min(length, most_at_once));
    const ssize_t count = ::copy_file_range(from, &read_at, to, &write_at, wanted, 0);
    if (count > 0) {
      length -= static_cast<std::uint64_t>(count);
    } else if (count == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
               errno == EOPNOTSUPP) {
      return copy_through_memory(from, read_at, length, to, write_at, stop);
    } else if (errno != EINTR) {
      return failure(system_error(errno, "copying a stored object"));
    }
  }
  return {};
}

tl::unexpected<Error> stopped_writing() {
  return failure(ErrorKind::cancelled, "the object store is being stopped");
}

Result<void> sync_file(int fd) {
  if (::fsync(fd) != 0) return failure(system_error(errno, "syncing a stored object"));
  return {};
}

}  // namespace trainyard
