#include "runtime/artifact/archive_tree.h"

#include <cerrno>

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "runtime/artifact/notices.h"

namespace trainyard {

struct ArchiveTree::State {
  std::unique_ptr<ByteSource> source;
  archive* reader = nullptr;
  std::vector<std::byte> buffer = std::vector<std::byte>(stream_buffer_bytes);
  std::optional<Error> error;  // of the source
  bool in_file = false;
};

namespace {

// libarchive converts names by the locale, and where it can, it also normalises them: two names of
// a tree could become one. In the C locale they stay the bytes that they are.
class CLocale {
 public:
  CLocale() : previous_(uselocale(plain())) {}
  ~CLocale() { uselocale(previous_); }
  CLocale(const CLocale&) = delete;
  CLocale& operator=(const CLocale&) = delete;

 private:
  static locale_t plain() {
    static const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
    return locale;
  }
  locale_t previous_;
};

// The name below the root component, without empty and "." components; nothing when it is unsafe.
std::optional<std::string> below_root(std::string_view name) {
  if (name.starts_with('/')) return std::nullopt;
  std::string path;
  bool root = true;
  while (!name.empty()) {
    const std::size_t slash = name.find('/');
    const std::string_view component = name.substr(0, slash);
    name = slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
    if (component.empty() || component == ".") continue;
    if (component == "..") return std::nullopt;
    if (!std::exchange(root, false)) {
      if (!path.empty()) path += '/';
      path += component;
    }
  }
  return path;
}

TreeEntry::Type type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return TreeEntry::Type::hardlink;
  switch (archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return TreeEntry::Type::directory;
    case AE_IFLNK:
      return TreeEntry::Type::symlink;
    case AE_IFIFO:
      return TreeEntry::Type::fifo;
    case AE_IFSOCK:
      return TreeEntry::Type::socket;
    case AE_IFREG:
      return TreeEntry::Type::file;
    default:
      return TreeEntry::Type::device;
  }
}

}  // namespace

ArchiveTree::ArchiveTree(std::unique_ptr<ByteSource> tar) : state_(std::make_unique<State>()) {
  const CLocale locale;
  state_->source = std::move(tar);
  state_->reader = archive_read_new();
  archive_read_support_format_tar(state_->reader);
  archive_read_support_format_empty(state_->reader);
  const auto read = [](archive* reader, void* context, const void** bytes) -> la_ssize_t {
    auto& state = *static_cast<State*>(context);
    auto count = state.source->read(state.buffer);
    if (!count) {
      state.error = std::move(count).error();
      archive_set_error(reader, EIO, "the stream broke");
      return -1;
    }
    *bytes = state.buffer.data();
    return static_cast<la_ssize_t>(*count);
  };
  // A failure here comes again, with its text, at the first entry.
  archive_read_open(state_->reader, state_.get(), nullptr, read, nullptr);
}

ArchiveTree::~ArchiveTree() {
  archive_read_free(state_->reader);
}

Error ArchiveTree::error_of(const char* what) const {
  if (state_->error) return *state_->error;
  const char* text = archive_error_string(state_->reader);
  return Error{ErrorKind::data_corrupt, fmt::format("{}: {}", what, text ? text : "unknown error")};
}

Result<std::optional<TreeEntry>> ArchiveTree::next() {
  const CLocale locale;
  if (state_->error) return failure(*state_->error);
  state_->in_file = false;
  archive_entry* header = nullptr;
  const int status = archive_read_next_header(state_->reader, &header);
  if (status == ARCHIVE_EOF) return std::nullopt;
  if (status < ARCHIVE_WARN) return failure(error_of("reading an archive"));

  const char* name = archive_entry_pathname(header);
  const auto path = below_root(name ? name : "..");
  if (!path) {
    return failure(ErrorKind::data_corrupt,
                   fmt::format("an archive has the unsafe name {}", printable(name ? name : "")));
  }
  TreeEntry entry;
  entry.path = *path;
  entry.type = type_of(header);
  entry.mode = static_cast<unsigned>(archive_entry_perm(header));
  entry.mtime = archive_entry_mtime(header);
  if (entry.type == TreeEntry::Type::symlink) {
    const char* target = archive_entry_symlink(header);
    entry.link_target = target ? target : "";
  } else if (entry.type == TreeEntry::Type::hardlink) {
    const auto target = below_root(archive_entry_hardlink(header));
    if (!target) {
      return failure(ErrorKind::data_corrupt,
                     fmt::format("an archive links {} to an unsafe name", printable(entry.path)));
    }
    entry.link_target = *target;
  } else if (entry.type == TreeEntry::Type::file) {
    entry.size = static_cast<std::uint64_t>(archive_entry_size(header));
    state_->in_file = true;
  }
  return entry;
}

Result<std::size_t> ArchiveTree::read(std::span<std::byte> buffer) {
  if (!state_->in_file) return 0;
  const la_ssize_t count = archive_read_data(state_->reader, buffer.data(), buffer.size());
  if (count < 0) return failure(error_of("reading a file of an archive"));
  return static_cast<std::size_t>(count);
}

}  // namespace trainyard
