#include "tests/support/fake_tree.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

namespace trainyard::testing {
namespace {

using Type = TreeEntry::Type;

constexpr std::pair<Type, unsigned> file_types[] = {
    {Type::file, S_IFREG}, {Type::directory, S_IFDIR}, {Type::symlink, S_IFLNK},
    {Type::fifo, S_IFIFO}, {Type::device, S_IFCHR},
};

unsigned mode_type(Type type) {
  for (const auto& [candidate, bits] : file_types) {
    if (candidate == type) return bits;
  }
  return S_IFREG;
}

Type type_of(unsigned bits) {
  for (const auto& [type, candidate] : file_types) {
    if (candidate == bits) return type;
  }
  return Type::device;
}

la_ssize_t append(archive*, void* text, const void* bytes, std::size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

void write_entry(archive* writer, const std::string& path, const FakeFile& file) {
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                       archive_entry_free);
  archive_entry_set_pathname(entry.get(), path.c_str());
  archive_entry_set_filetype(entry.get(), mode_type(file.type));
  archive_entry_set_perm(entry.get(), file.mode);
  archive_entry_set_mtime(entry.get(), file.mtime, 0);
  if (file.type == Type::symlink) archive_entry_set_symlink(entry.get(), file.link_target.c_str());
  if (file.type == Type::hardlink) {
    archive_entry_set_hardlink(entry.get(), file.link_target.c_str());
  }
  const bool has_content = file.type == Type::file;
  archive_entry_set_size(entry.get(),
                         has_content ? static_cast<la_int64_t>(file.content.size()) : 0);
  archive_write_header(writer, entry.get());
  if (has_content) archive_write_data(writer, file.content.data(), file.content.size());
}

FakeFile read_entry(archive* reader, archive_entry* entry) {
  FakeFile file;
  file.mode = archive_entry_perm(entry);
  file.mtime = archive_entry_mtime(entry);
  if (const char* target = archive_entry_hardlink(entry)) {
    file.type = Type::hardlink;
    file.link_target = target;
    return file;
  }
  file.type = type_of(archive_entry_filetype(entry));
  if (const char* target = archive_entry_symlink(entry)) file.link_target = target;
  char buffer[16 * 1024];
  for (;;) {
    const la_ssize_t count = archive_read_data(reader, buffer, sizeof buffer);
    if (count <= 0) break;
    file.content.append(buffer, static_cast<std::size_t>(count));
  }
  return file;
}

std::string clean(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (path.starts_with('/')) path.erase(0, 1);
  while (path.ends_with('/')) path.pop_back();
  return path == "." ? "" : path;
}

}  // namespace

bool PathOrder::operator()(const std::string& left, const std::string& right) const {
  const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
  return std::ranges::lexicographical_compare(left, right, {}, rank, rank);
}

FakeFile fake_directory(unsigned mode) {
  FakeFile file;
  file.type = Type::directory;
  file.mode = mode;
  return file;
}

FakeFile fake_symlink(std::string target) {
  FakeFile file;
  file.type = Type::symlink;
  file.mode = 0777;
  file.link_target = std::move(target);
  return file;
}

void add_file(FakeTree& tree, const std::string& path, FakeFile file) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    tree.try_emplace(path.substr(0, slash), fake_directory());
  }
  if (!path.empty()) tree.insert_or_assign(path, std::move(file));
}

bool is_directory(const FakeTree& tree, const std::string& path) {
  if (path.empty()) return true;
  if (const auto found = tree.find(path); found != tree.end()) {
    return found->second.type == Type::directory;
  }
  const auto child = tree.lower_bound(path + "/");
  return child != tree.end() && child->first.starts_with(path + "/");
}

std::string make_tar(const FakeTree& tree) {
  std::string tar;
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  archive_write_set_format_pax_restricted(writer.get());
  archive_write_open(writer.get(), &tar, nullptr, append, nullptr);
  for (const auto& [path, file] : tree) write_entry(writer.get(), path, file);
  archive_write_close(writer.get());
  return tar;
}

Result<FakeTree> parse_tar(std::string_view tar) {
  FakeTree tree;
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_empty(reader.get());
  if (archive_read_open_memory(reader.get(), tar.data(), tar.size()) != ARCHIVE_OK) {
    return failure(ErrorKind::data_corrupt, archive_error_string(reader.get()));
  }
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return tree;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
      return failure(ErrorKind::data_corrupt, archive_error_string(reader.get()));
    }
    const std::string path = clean(archive_entry_pathname(entry));
    FakeFile file = read_entry(reader.get(), entry);
    // The tree's own root has no entry.
    if (!path.empty()) add_file(tree, path, std::move(file));
  }
}

}  // namespace trainyard::testing
