#include "runtime/artifact/directory_tree.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "runtime/artifact/notices.h"

namespace trainyard {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::pair<std::uint64_t, std::uint64_t> identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino};
}

tl::unexpected<Error> path_error(int error_number, const std::string& path) {
  return failure(system_error(error_number, fmt::format("reading {}", printable(path))));
}

TreeEntry::Type type_of(mode_t mode) {
  if (S_ISDIR(mode)) return TreeEntry::Type::directory;
  if (S_ISREG(mode)) return TreeEntry::Type::file;
  if (S_ISLNK(mode)) return TreeEntry::Type::symlink;
  if (S_ISFIFO(mode)) return TreeEntry::Type::fifo;
  if (S_ISSOCK(mode)) return TreeEntry::Type::socket;
  return TreeEntry::Type::device;
}

Result<std::string> link_text(int directory, const char* name, const std::string& path) {
  std::string text(4096, '\0');  // the longest that Linux keeps is 4095
  const ssize_t length = ::readlinkat(directory, name, text.data(), text.size());
  if (length < 0) return path_error(errno, path);
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// Names in the directory, in descending order: the next one is at the back.
Result<std::vector<std::string>> names_of(int directory, const std::string& path) {
  // A descriptor of its own: closedir closes it, and the position is not shared.
  UniqueFd own(::openat(directory, ".", directory_flags));
  if (!own) return path_error(errno, path);
  const std::unique_ptr<DIR, decltype([](DIR* stream) { ::closedir(stream); })> stream(
      ::fdopendir(own.get()));
  if (!stream) return path_error(errno, path);
  own.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* item = ::readdir(stream.get());
    if (item == nullptr) break;
    const std::string_view name = item->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return path_error(errno, path);
  std::sort(names.rbegin(), names.rend());
  return names;
}

}  // namespace

Result<TreeEntry> DirectoryTree::entry_at(int directory, const char* name, std::string path) {
  const std::string shown = path.empty() ? root_ : path;
  struct stat status{};
  if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return path_error(errno, shown);
  }
  TreeEntry entry;
  entry.path = std::move(path);
  entry.type = type_of(status.st_mode);
  entry.mode = status.st_mode & 07777U;
  entry.mtime = status.st_mtim.tv_sec;
  if (entry.type == TreeEntry::Type::symlink) {
    TRY(entry.link_target, link_text(directory, name, shown));
  }
  if (entry.type != TreeEntry::Type::file) return entry;
  if (status.st_nlink > 1 && hard_links_ == HardLinks::kept) {
    const auto [seen, is_new] = seen_.try_emplace(identity_of(status), entry.path);
    if (!is_new) {
      entry.type = TreeEntry::Type::hardlink;
      entry.link_target = seen->second;
      return entry;
    }
  }
  entry.size = static_cast<std::uint64_t>(status.st_size);
  file_name_ = name;
  file_path_ = shown;
  file_identity_ = identity_of(status);
  file_remaining_ = entry.size;
  return entry;
}

Result<void> DirectoryTree::enter(const std::string& name) {
  const int parent = levels_.empty() ? AT_FDCWD : directory_.get();
  if (!levels_.empty()) {
    if (!path_.empty()) path_ += '/';
    path_ += name;
  }
  const std::string shown = path_.empty() ? root_ : path_;
  UniqueFd opened(::openat(parent, name.c_str(), directory_flags));
  if (!opened) return path_error(errno, shown);
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) return path_error(errno, shown);
  Level level;
  level.identity = identity_of(status);
  level.path_length = path_.size();
  TRY(level.names, names_of(opened.get(), shown));
  directory_ = std::move(opened);
  levels_.push_back(std::move(level));
  return {};
}

Result<void> DirectoryTree::leave() {
  levels_.pop_back();
  if (levels_.empty()) {
    directory_.reset();
    return {};
  }
  // Back by "..", checked: a directory that was moved meanwhile must not lead somewhere else.
  UniqueFd parent(::openat(directory_.get(), "..", directory_flags));
  if (!parent) return path_error(errno, path_);
  struct stat status{};
  if (::fstat(parent.get(), &status) != 0) return path_error(errno, path_);
  if (identity_of(status) != levels_.back().identity) {
    return failure(ErrorKind::conflict,
                   fmt::format("{} was moved while it was read", printable(path_)));
  }
  directory_ = std::move(parent);
  path_.resize(levels_.back().path_length);
  return {};
}

Result<std::optional<TreeEntry>> DirectoryTree::next() {
  file_.reset();
  file_name_.clear();
  file_remaining_ = 0;
  if (!std::exchange(began_, true)) {
    TRY(TreeEntry entry, entry_at(AT_FDCWD, root_.c_str(), ""));
    pending_ = entry.type == TreeEntry::Type::directory;
    pending_name_ = root_;
    return entry;
  }
  if (std::exchange(pending_, false)) TRY_VOID(enter(pending_name_));
  while (!levels_.empty() && levels_.back().names.empty()) TRY_VOID(leave());
  if (levels_.empty()) return std::nullopt;
  const std::string name = std::move(levels_.back().names.back());
  levels_.back().names.pop_back();
  TRY(TreeEntry entry,
      entry_at(directory_.get(), name.c_str(), path_.empty() ? name : path_ + '/' + name));
  pending_ = entry.type == TreeEntry::Type::directory;
  if (pending_) pending_name_ = name;
  return entry;
}

Result<std::size_t> DirectoryTree::read(std::span<std::byte> buffer) {
  if (file_remaining_ == 0) return 0;
  if (!file_) {
    // O_NONBLOCK: should it have become a FIFO meanwhile, opening it does not wait for a writer.
    file_.reset(::openat(levels_.empty() ? AT_FDCWD : directory_.get(), file_name_.c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file_) return path_error(errno, file_path_);
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return path_error(errno, file_path_);
    if (identity_of(status) != file_identity_ || !S_ISREG(status.st_mode)) {
      return failure(ErrorKind::conflict,
                     fmt::format("{} was replaced while it was read", printable(file_path_)));
    }
  }
  const std::size_t wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file_remaining_));
  for (;;) {
    const ssize_t count = ::read(file_.get(), buffer.data(), wanted);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return path_error(errno, file_path_);
    if (count == 0) {
      return failure(ErrorKind::data_corrupt,
                     fmt::format("{} became shorter while it was read", printable(file_path_)));
    }
    file_remaining_ -= static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }
}

}  // namespace trainyard
