#include "runtime/object/directory_store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>

#include <dirent.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/object/directory_path.h"
#include "runtime/object/object_files.h"
#include "runtime/store/object_index.h"
#include "runtime/store/text_range.h"

namespace trainyard {

namespace {

// A file that is being written, where it needs a name for that; no key can have it.
constexpr std::string_view partial_prefix = ".trainyard-partial-";

// S3 knows no longer ones. It also bounds how deep a listing goes.
constexpr std::size_t longest_listed_key = 1024;

// File systems know times that ours cannot hold (beyond the year 2262).
Time time_of(const struct stat& status) {
  constexpr std::time_t most = 9'000'000'000;
  return Time(std::chrono::seconds(std::clamp<std::time_t>(status.st_mtim.tv_sec, -most, most)) +
              std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

ObjectInfo info_of(const std::string& key, const struct stat& status) {
  ObjectInfo info;
  info.key = key;
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.last_modified = time_of(status);
  info.etag = fmt::format("{:x}-{:x}-{:x}", status.st_ino,
                          info.last_modified.time_since_epoch().count(), info.size);
  return info;
}

Result<std::vector<std::string>> components_of(std::string_view key) {
  TRY(auto components, split_key(key));
  if (components.back().starts_with(partial_prefix)) {
    return failure(ErrorKind::invalid_argument, fmt::format("\"{}\" is a reserved name", key));
  }
  return components;
}

// A file that gets its name only when it is complete. Where the file system knows files without a
// name, nothing is left of one whose writer was killed.
class PartialFile {
 public:
  static Result<PartialFile> make(int directory) {
    PartialFile made;
    made.fd_ = UniqueFd(::openat(directory, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666));
    if (made.fd_) return made;
    made.named_ = true;
    made.fd_ = UniqueFd(::openat(directory, made.partial_.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!made.fd_) return failure(system_error(errno, "making a file"));
    return made;
  }

  int fd() const { return fd_.get(); }

  Result<void> rename(int directory, const std::string& name) {
    if (!named_) {
      const std::string self = fmt::format("/proc/self/fd/{}", fd_.get());
      if (::linkat(AT_FDCWD, self.c_str(), directory, partial_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        return failure(system_error(errno, "naming a file"));
      }
      named_ = true;
    }
    if (::renameat(directory, partial_.c_str(), directory, name.c_str()) != 0) {
      return failure(system_error(errno, "naming a file"));
    }
    named_ = false;
    return {};
  }

  void discard(int directory) {
    if (named_) ::unlinkat(directory, partial_.c_str(), 0);
  }

 private:
  std::string partial_ = std::string(partial_prefix) + ObjectFiles::new_name();
  UniqueFd fd_;
  bool named_ = false;  // has the name partial_
};

class DirectoryWriter final : public ObjectWriter {
 public:
  DirectoryWriter(std::string key, UniqueFd directory, std::string name, PartialFile file,
                  bool durable)
      : key_(std::move(key)),
        directory_(std::move(directory)),
        name_(std::move(name)),
        file_(std::move(file)),
        durable_(durable) {}
  ~DirectoryWriter() override {
    if (!committed_) file_.discard(directory_.get());
  }

  Result<void> write(std::span<const std::byte> bytes) override {
    auto written = FdSink(file_.fd()).write(bytes);
    if (!written) broken_ = true;
    return written;
  }

  Result<ObjectInfo> commit() override {
    if (broken_ || committed_) return failure(ErrorKind::conflict, "this body cannot be committed");
    if (durable_) TRY_VOID(sync_file(file_.fd()));
    if (const auto named = file_.rename(directory_.get(), name_); !named) {
      return failure(named.error().kind,
                     fmt::format("putting {} in its place: {}", key_, named.error().message));
    }
    committed_ = true;
    if (durable_) TRY_VOID(sync_file(directory_.get()));
    struct stat status{};
    if (::fstat(file_.fd(), &status) != 0) {
      return failure(system_error(errno, "looking at " + key_));
    }
    return info_of(key_, status);
  }

 private:
  std::string key_;
  UniqueFd directory_;
  std::string name_;
  PartialFile file_;
  bool durable_;
  bool broken_ = false;
  bool committed_ = false;
};

// A link, a FIFO, a device: anything but a file, a directory (which refuses by itself) or nothing.
bool is_no_object(int directory, const std::string& name) {
  struct stat status{};
  return ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

class DirectoryReader final : public ObjectReader {
 public:
  DirectoryReader(ObjectInfo info, UniqueFd file)
      : info_(std::move(info)), file_(std::move(file)) {}
  const ObjectInfo& info() const override { return info_; }
  int fd() const override { return file_.get(); }
  // A file that grows meanwhile is read as it was.
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    const std::uint64_t left = info_.size - position_;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left));
    if (wanted == 0) return std::size_t{0};
    TRY(const std::size_t count, FdSource(file_.get()).read(buffer.first(wanted)));
    position_ += count;
    return count;
  }

 private:
  ObjectInfo info_;
  UniqueFd file_;
  std::uint64_t position_ = 0;
};

// Visits the files below a directory by key, bytewise, until the page is full.
class Lister {
 public:
  explicit Lister(const ObjectListQuery& query) : query_(query) {}

  // `at` is the prefix of all keys in `directory`. False when the page is full.
  Result<bool> visit(UniqueFd directory, const std::string& at) {
    TRY(const std::vector<std::string> names, read_names(directory.get(), at));
    const auto rolled_up = common_prefix_of(at, query_.prefix, query_.delimiter);
    for (const std::string& name : names) {
      // What is below a common prefix need not be looked at once it is shown.
      if (rolled_up && *rolled_up == last_) return true;
      const bool is_directory = name.back() == '/';
      const std::string key = at + name;
      if (!is_directory) {
        TRY(const bool more, add(directory.get(), name, key));
        if (!more) return false;
      } else if (may_hold_results(key)) {
        if (key.size() > longest_listed_key) {
          spdlog::warn("a listing leaves out what is below {}: keys are no longer than {} bytes",
                       key, longest_listed_key);
          continue;
        }
        const std::string plain = name.substr(0, name.size() - 1);
        UniqueFd child(::openat(directory.get(), plain.c_str(),
                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!child) {
          TRY_VOID(leave_out(errno, key));
          continue;
        }
        TRY(const bool more, visit(std::move(child), key));
        if (!more) return false;
      }
    }
    return true;
  }

  ObjectListPage take() { return std::move(page_); }

 private:
  // Whether the listing can do without what is at `key`, or below it, which cannot be looked at.
  Result<void> leave_out(int error, const std::string& key) const {
    if (error == ENOENT) return {};
    if (error != EACCES || !query_.leave_out_unreadable) {
      return failure(path_error(error, "listing " + key));
    }
    spdlog::warn("a listing leaves out what is below {}: the daemon may not read it", key);
    return {};
  }

  // Files by their name, directories with a "/" behind it: so that they sort as keys do.
  Result<std::vector<std::string>> read_names(int directory, const std::string& at) const {
    // Not opened again: a directory that may be read need not be one that may be searched.
    UniqueFd own(::fcntl(directory, F_DUPFD_CLOEXEC, 0));
    if (!own) return failure(system_error(errno, "listing a directory"));
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own.get()), ::closedir);
    if (!stream) return failure(system_error(errno, "listing a directory"));
    own.release();
    std::vector<std::string> names;
    struct stat status{};
    if (::fstatat(directory, ".", &status, 0) != 0) {
      TRY_VOID(leave_out(errno, at));
      return names;
    }
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(stream.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == ".." || name.starts_with(partial_prefix)) continue;
      std::string key = at + std::string(name);
      const unsigned char type = type_of(directory, *entry);
      if (type == DT_DIR && may_hold_results(key += '/')) {
        names.push_back(key.substr(at.size()));
      } else if (type == DT_REG && key.starts_with(query_.prefix) && key > query_.start_after) {
        names.emplace_back(name);
      }
    }
    if (errno != 0) return failure(system_error(errno, "listing " + at));
    std::sort(names.begin(), names.end());
    return names;
  }

  // Asked only where the file system does not tell with the name.
  static unsigned char type_of(int directory, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type;
    struct stat status{};
    if (::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
    return S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
  }

  bool may_hold_results(const std::string& directory_key) const {
    const bool in_prefix =
        directory_key.starts_with(query_.prefix) || query_.prefix.starts_with(directory_key);
    const auto end = end_of_prefix(directory_key);
    return in_prefix && (!end || query_.start_after < *end);
  }

  Result<bool> add(int directory, const std::string& name, const std::string& key) {
    if (!key.starts_with(query_.prefix) || key <= query_.start_after) return true;
    const auto shown = common_prefix_of(key, query_.prefix, query_.delimiter);
    if (shown && (*shown <= query_.start_after || *shown == last_)) return true;
    if (page_.objects.size() + page_.common_prefixes.size() == query_.limit) {
      if (query_.limit > 0) page_.next_start_after = last_;
      return false;
    }
    if (shown) {
      page_.common_prefixes.push_back(*shown);
      last_ = *shown;
      return true;
    }
    struct stat status{};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      TRY_VOID(leave_out(errno, key));
      return true;
    }
    page_.objects.push_back(info_of(key, status));
    last_ = key;
    return true;
  }

  const ObjectListQuery& query_;
  ObjectListPage page_;
  std::string last_;
};

}  // namespace

Result<std::unique_ptr<DirectoryStore>> DirectoryStore::open(const std::filesystem::path& root) {
  UniqueFd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failure(system_error(errno, "opening directory " + root.string()));
  return std::unique_ptr<DirectoryStore>(new DirectoryStore(std::move(fd), root));
}

Result<UniqueFd> DirectoryStore::root() const {
  struct stat status{};
  // Without a name any more: another directory may be in its place.
  const bool removed = ::fstat(root_.get(), &status) == 0 && status.st_nlink == 0;
  UniqueFd fd(removed ? ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                      : ::openat(root_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failure(system_error(errno, "opening directory " + path_.string()));
  return fd;
}

Result<bool> DirectoryStore::has_bucket(const std::string&) {
  return true;
}

Result<std::unique_ptr<ObjectWriter>> DirectoryStore::put(const std::string&,
                                                          const std::string& key,
                                                          const ObjectMetadata&, bool durable) {
  TRY(const auto components, components_of(key));
  TRY(const UniqueFd top, root());
  TRY(UniqueFd directory, open_parent(top.get(), components, true, durable));
  auto file = PartialFile::make(directory.get());
  if (!file) {
    return failure(file.error().kind, fmt::format("{}: {}", key, file.error().message));
  }
  return std::make_unique<DirectoryWriter>(key, std::move(directory), components.back(),
                                           std::move(*file), durable);
}

Result<std::unique_ptr<ObjectReader>> DirectoryStore::open(const std::string&,
                                                           const std::string& key) {
  TRY(const auto components, components_of(key));
  TRY(const UniqueFd top, root());
  TRY(const UniqueFd directory, open_parent(top.get(), components, false, false));
  // Not blocking: a FIFO would hold the caller until someone writes to it.
  UniqueFd file(::openat(directory.get(), components.back().c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return failure(path_error(errno, "opening " + key));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failure(system_error(errno, "looking at " + key));
  if (!S_ISREG(status.st_mode)) return failure(ErrorKind::not_found, key + " is not a file");
  return std::make_unique<DirectoryReader>(info_of(key, status), std::move(file));
}

Result<ObjectInfo> DirectoryStore::head(const std::string& bucket, const std::string& key) {
  TRY(const auto reader, open(bucket, key));
  return reader->info();
}

Result<void> DirectoryStore::remove(const std::string&, const std::string& key) {
  TRY(const auto components, components_of(key));
  TRY(const UniqueFd top, root());
  const auto directory = open_parent(top.get(), components, false, false);
  if (!directory) {
    if (directory.error().kind == ErrorKind::not_found) return {};
    return failure(directory.error());
  }
  // What is not listed is not there to be removed.
  if (is_no_object(directory->get(), components.back())) return {};
  if (::unlinkat(directory->get(), components.back().c_str(), 0) != 0 && errno != ENOENT &&
      errno != EISDIR) {
    return failure(system_error(errno, "removing " + key));
  }
  return {};
}

Result<ObjectListPage> DirectoryStore::list(const std::string&, const ObjectListQuery& query) {
  TRY(UniqueFd top, root());
  Lister lister(query);
  TRY_VOID(lister.visit(std::move(top), ""));
  return lister.take();
}

}  // namespace trainyard
