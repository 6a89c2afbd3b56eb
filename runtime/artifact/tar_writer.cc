#include "runtime/artifact/tar_writer.h"

#include <optional>
#include <string>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include "runtime/artifact/notices.h"

namespace trainyard {

struct TarWriter::State {
  explicit State(ByteSink& to) : sink(to) {}

  ByteSink& sink;
  archive* writer = nullptr;
  archive_entry* entry = nullptr;
  std::string path;             // of the entry begun last
  std::uint64_t remaining = 0;  // bytes of it still to come
  bool finished = false;
  bool dropped = false;
  std::optional<Error> error;
};

namespace {

std::optional<mode_t> file_type(TreeEntry::Type type) {
  switch (type) {
    case TreeEntry::Type::file:
    case TreeEntry::Type::hardlink:
      return AE_IFREG;
    case TreeEntry::Type::directory:
      return AE_IFDIR;
    case TreeEntry::Type::symlink:
      return AE_IFLNK;
    case TreeEntry::Type::fifo:
      return AE_IFIFO;
    case TreeEntry::Type::device:
    case TreeEntry::Type::socket:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

TarWriter::TarWriter(ByteSink& sink) : state_(std::make_unique<State>(sink)) {
  state_->writer = archive_write_new();
  state_->entry = archive_entry_new();
  archive_write_set_format_gnutar(state_->writer);
  archive_write_add_filter_none(state_->writer);
  // No blocking: what is written goes straight to the sink, without one more copy.
  archive_write_set_bytes_per_block(state_->writer, 0);
  const auto write = [](archive*, void* context, const void* bytes,
                        std::size_t size) -> la_ssize_t {
    auto& state = *static_cast<State*>(context);
    if (state.dropped) return -1;
    // libarchive does not clean up after a failure of its client, so it is not told of one: the
    // error is kept, and every call looks for it.
    if (state.error) return static_cast<la_ssize_t>(size);
    auto written = state.sink.write(std::span(static_cast<const std::byte*>(bytes), size));
    if (!written) state.error = std::move(written).error();
    return static_cast<la_ssize_t>(size);
  };
  if (archive_write_open(state_->writer, state_.get(), nullptr, write, nullptr) != ARCHIVE_OK) {
    state_->error = Error{ErrorKind::internal, "cannot start a tar archive"};
  }
}

TarWriter::~TarWriter() {
  // A writer that is only freed would write the archive's end after all.
  state_->dropped = true;
  archive_write_free(state_->writer);
  archive_entry_free(state_->entry);
}

Result<void> TarWriter::check(int status, const char* what) {
  if (state_->error) return failure(*state_->error);
  if (status >= ARCHIVE_WARN) return {};
  const char* text = archive_error_string(state_->writer);
  state_->error = Error{ErrorKind::internal, fmt::format("{} {}: {}", what, printable(state_->path),
                                                         text ? text : "unknown error")};
  return failure(*state_->error);
}

Result<void> TarWriter::end_entry() {
  if (state_->error) return failure(*state_->error);
  if (state_->remaining == 0) return {};
  state_->error =
      Error{ErrorKind::data_corrupt, fmt::format("{} is {} bytes shorter than it should be",
                                                 printable(state_->path), state_->remaining)};
  return failure(*state_->error);
}

Result<void> TarWriter::begin(const TreeEntry& entry) {
  TRY_VOID(end_entry());
  const auto type = file_type(entry.type);
  if (!type) {
    return failure(ErrorKind::unsupported,
                   fmt::format("{} cannot be kept in an archive", printable(entry.path)));
  }
  state_->path = entry.path;
  archive_entry* header = archive_entry_clear(state_->entry);
  archive_entry_copy_pathname(header, entry.path.c_str());
  archive_entry_set_filetype(header, *type);
  archive_entry_set_perm(header, static_cast<mode_t>(entry.mode & 0777U));
  archive_entry_set_mtime(header, entry.mtime, 0);
  archive_entry_set_uid(header, 0);
  archive_entry_set_gid(header, 0);
  const bool has_content = entry.type == TreeEntry::Type::file;
  archive_entry_set_size(header, has_content ? static_cast<la_int64_t>(entry.size) : 0);
  if (entry.type == TreeEntry::Type::symlink) {
    archive_entry_copy_symlink(header, entry.link_target.c_str());
  } else if (entry.type == TreeEntry::Type::hardlink) {
    archive_entry_copy_hardlink(header, entry.link_target.c_str());
  }
  TRY_VOID(check(archive_write_header(state_->writer, header), "cannot archive"));
  state_->remaining = has_content ? entry.size : 0;
  return {};
}

Result<void> TarWriter::write(std::span<const std::byte> bytes) {
  if (state_->error) return failure(*state_->error);
  if (bytes.size() > state_->remaining) {
    state_->error = Error{ErrorKind::data_corrupt,
                          fmt::format("{} is longer than it should be", printable(state_->path))};
    return failure(*state_->error);
  }
  while (!bytes.empty()) {
    const la_ssize_t count = archive_write_data(state_->writer, bytes.data(), bytes.size());
    TRY_VOID(check(count > 0 ? ARCHIVE_OK : ARCHIVE_FATAL, "cannot archive"));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    state_->remaining -= static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> TarWriter::finish() {
  TRY_VOID(end_entry());
  if (state_->finished) return {};
  state_->finished = true;
  return check(archive_write_close(state_->writer), "cannot end an archive after");
}

}  // namespace trainyard
