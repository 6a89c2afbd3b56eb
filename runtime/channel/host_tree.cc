#include "runtime/channel/host_tree.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/artifact/directory_tree.h"
#include "runtime/artifact/pack.h"
#include "runtime/channel/input_archive.h"
#include "runtime/channel/opt_ml.h"

namespace trainyard {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

tl::unexpected<Error> staging_error(int error_number, const std::string& path) {
  return failure(system_error(error_number, fmt::format("staging {}", printable(path))));
}

// Makes entries below a directory, by relative path. Keeps the directory used last open, as names
// come in order.
class HostDirectory {
 public:
  Result<void> create(const std::filesystem::path& path) {
    if (::mkdir(path.c_str(), 0700) != 0) return staging_error(errno, path);
    root_.reset(::open(path.c_str(), directory_flags));
    if (!root_ || ::fchmod(root_.get(), opt_ml::directory_mode) != 0) {
      return staging_error(errno, path);
    }
    return {};
  }

  Result<void> make_directory(const std::string& path) {
    return open_directory(path).map([](int) {});
  }

  // A new, empty file.
  Result<UniqueFd> make_file(const std::string& path, unsigned mode) {
    TRY(const int parent, open_directory(parent_of(path)));
    UniqueFd file(::openat(parent, name_of(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file || ::fchmod(file.get(), static_cast<mode_t>(mode)) != 0) {
      return staging_error(errno, path);
    }
    return file;
  }

  Result<void> make_symlink(const std::string& path, const std::string& target) {
    TRY(const int parent, open_directory(parent_of(path)));
    if (::symlinkat(target.c_str(), parent, name_of(path)) != 0) return staging_error(errno, path);
    return {};
  }

  // A further name, below this directory, of an earlier file.
  Result<void> make_hardlink(const std::string& path, const std::string& earlier) {
    // A descriptor of its own: the next call may close the one that is kept.
    TRY(const int kept, open_directory(parent_of(earlier)));
    const UniqueFd from(::fcntl(kept, F_DUPFD_CLOEXEC, 0));
    TRY(const int parent, open_directory(parent_of(path)));
    if (::linkat(from.get(), name_of(earlier), parent, name_of(path), 0) != 0) {
      return staging_error(errno, path);
    }
    return {};
  }

  // A name for an open file. False where the file systems do not allow it.
  Result<bool> link_file(const std::string& path, int file) {
    TRY(const int parent, open_directory(parent_of(path)));
    const std::string open_file = fmt::format("/proc/self/fd/{}", file);
    if (::linkat(AT_FDCWD, open_file.c_str(), parent, name_of(path), AT_SYMLINK_FOLLOW) == 0) {
      return true;
    }
    switch (errno) {
      case EXDEV:
      case EPERM:
      case EACCES:
      case EMLINK:
      case ENOENT:  // the file has lost its last name; its bytes can still be read
      case EOPNOTSUPP:
        return false;
      default:
        return staging_error(errno, path);
    }
  }

 private:
  static std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
  }
  static const char* name_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return path.c_str() + (slash == std::string::npos ? 0 : slash + 1);
  }

  // Opens, and makes where missing. The descriptor stays ours until the next call.
  Result<int> open_directory(const std::string& path) {
    if (path.empty()) return root_.get();
    if (path == kept_path_ && kept_) return kept_.get();
    UniqueFd current;
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      const int parent = current ? current.get() : root_.get();
      const bool made = ::mkdirat(parent, name.c_str(), 0700) == 0;
      if (!made && errno != EEXIST) return staging_error(errno, path);
      UniqueFd next(::openat(parent, name.c_str(), directory_flags));
      if (!next || (made && ::fchmod(next.get(), opt_ml::directory_mode) != 0)) {
        return staging_error(errno, path);
      }
      current = std::move(next);
      begin = end + 1;
    }
    kept_ = std::move(current);
    kept_path_ = path;
    return kept_.get();
  }

  UniqueFd root_;
  UniqueFd kept_;
  std::string kept_path_;
};

class HostTreeBuilder {
 public:
  HostTreeBuilder(const ChannelSource& source, ObjectStore& store, Placement placement,
                  const LogLine& log, std::stop_token stop)
      : source_(source),
        store_(store),
        placement_(placement),
        notices_(log),
        stop_(std::move(stop)) {}

  Result<HostTreeResult> build(const std::filesystem::path& directory) {
    TRY_VOID(target_.create(directory));
    switch (source_.kind) {
      case ChannelSource::Kind::objects:
        TRY_VOID(place_objects());
        break;
      case ChannelSource::Kind::file:
        TRY_VOID(place_single_file());
        break;
      case ChannelSource::Kind::directory:
        result_.copied = true;
        TRY_VOID(copy_tree());
        break;
    }
    return result_;
  }

 private:
  Result<void> place_objects() {
    for (const auto& object : source_.plan.objects) {
      if (stop_.stop_requested()) return stopped();
      if (object.directory) {
        TRY_VOID(target_.make_directory(object.path));
        continue;
      }
      TRY(auto reader, store_.open(source_.uri.bucket, object.key));
      TRY(const bool linked, link(object.path, reader->fd()));
      if (linked) continue;
      TreeEntry entry;
      entry.path = object.path;
      entry.mtime = to_milliseconds(reader->info().last_modified) / 1000;
      TRY_VOID(copy(entry, [&](std::span<std::byte> buffer) { return reader->read(buffer); }));
    }
    return {};
  }

  Result<void> place_single_file() {
    const UniqueFd file(
        ::open(source_.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0) return staging_error(errno, source_.path);
    if (!S_ISREG(status.st_mode)) {
      return failure(ErrorKind::conflict,
                     fmt::format("{} was replaced while it was staged", source_.path.string()));
    }
    TRY(const bool linked, link(source_.file_name, file.get()));
    if (linked) return {};
    FdSource bytes(file.get());
    TreeEntry entry;
    entry.path = source_.file_name;
    entry.mode = status.st_mode;
    entry.mtime = status.st_mtim.tv_sec;
    return copy(entry, [&](std::span<std::byte> buffer) { return bytes.read(buffer); });
  }

  Result<void> copy_tree() {
    DirectoryTree tree(source_.path);
    for (;;) {
      if (stop_.stop_requested()) return stopped();
      TRY(auto entry, tree.next());
      if (!entry) return {};
      if (!entry->path.empty()) TRY_VOID(copy_entry(tree, *entry));
    }
  }

  Result<void> copy_entry(DirectoryTree& tree, const TreeEntry& entry) {
    switch (entry.type) {
      case TreeEntry::Type::directory:
        return target_.make_directory(entry.path);
      case TreeEntry::Type::file:
        return copy(entry, [&](std::span<std::byte> buffer) { return tree.read(buffer); });
      case TreeEntry::Type::symlink:
        return target_.make_symlink(entry.path, entry.link_target);
      case TreeEntry::Type::hardlink:
        return target_.make_hardlink(entry.path, entry.link_target);
      default:
        notices_.add(fmt::format("{} is left out of the channel: it is {}", printable(entry.path),
                                 describe(entry.type)));
        return {};
    }
  }

  Result<bool> link(const std::string& path, int file) {
    if (placement_ == Placement::copy) return false;
    if (file >= 0) {
      TRY(const bool linked, target_.link_file(path, file));
      if (linked) return true;
    }
    if (placement_ == Placement::link_or_copy) return false;
    return failure(ErrorKind::unsupported,
                   fmt::format("{} cannot be staged by a hard link: its bytes lie on another file "
                               "system than the data directory, or may not be linked",
                               printable(path)));
  }

  template <typename Read>
  Result<void> copy(const TreeEntry& entry, const Read& read) {
    result_.copied = true;
    TRY(const UniqueFd file, target_.make_file(entry.path, private_mode(entry)));
    FdSink sink(file.get());
    for (;;) {
      if (stop_.stop_requested()) return stopped();
      TRY(const std::size_t count, read(std::span(buffer_)));
      if (count == 0) break;
      TRY_VOID(sink.write(std::span(buffer_).first(count)));
    }
    const timespec times[2] = {{0, UTIME_OMIT}, {entry.mtime, 0}};
    if (::futimens(file.get(), times) != 0) return staging_error(errno, entry.path);
    return {};
  }

  static tl::unexpected<Error> stopped() {
    return failure(ErrorKind::cancelled, "staging was stopped");
  }

  const ChannelSource& source_;
  ObjectStore& store_;
  Placement placement_;
  Notices notices_;
  std::stop_token stop_;
  HostDirectory target_;
  HostTreeResult result_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(stream_buffer_bytes);
};

}  // namespace

Result<HostTreeResult> build_host_tree(const ChannelSource& source, ObjectStore& store,
                                       const std::filesystem::path& directory, Placement placement,
                                       const LogLine& log, std::stop_token stop) {
  return HostTreeBuilder(source, store, placement, log, std::move(stop)).build(directory);
}

}  // namespace trainyard
