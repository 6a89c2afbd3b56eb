#include "runtime/channel/host_tree.h"

#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/artifact/directory_tree.h"
#include "runtime/artifact/pack.h"
#include "runtime/channel/host_directory.h"
#include "runtime/channel/input_tree.h"
#include "runtime/channel/opt_ml.h"

namespace trainyard {
namespace {

tl::unexpected<Error> staging_error(int error_number, const std::string& path) {
  return failure(system_error(error_number, fmt::format("staging {}", printable(path))));
}

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
    TRY(target_, HostDirectory::create(directory));
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
        TRY_VOID(target_->make_directory(object.path));
        continue;
      }
      TRY(auto reader, store_.open(source_.uri.bucket, object.key));
      if (!reader->is_changeable()) {
        TRY(const bool linked, link(object.path, reader->fd()));
        if (linked) continue;
      }
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
        return target_->make_directory(entry.path);
      case TreeEntry::Type::file:
        return copy(entry, [&](std::span<std::byte> buffer) { return tree.read(buffer); });
      case TreeEntry::Type::symlink:
        return target_->make_symlink(entry.path, entry.link_target);
      case TreeEntry::Type::hardlink:
        return target_->make_hardlink(entry.path, entry.link_target);
      default:
        notices_.add(fmt::format("{} is left out of the channel: it is {}", printable(entry.path),
                                 describe(entry.type)));
        return {};
    }
  }

  Result<bool> link(const std::string& path, int file) {
    if (placement_ == Placement::copy) return false;
    if (file >= 0) {
      TRY(const bool linked, target_->link_file(path, file));
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
    TRY(const UniqueFd file, target_->make_file(entry.path, private_mode(entry)));
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
  std::optional<HostDirectory> target_;
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
