// The same tree, met in a directory and in a tar stream as the Engine sends it.

#include "runtime/artifact/tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/artifact/archive_tree.h"
#include "runtime/artifact/directory_tree.h"
#include "runtime/artifact/tar_writer.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

using testing::TempDir;
using testing::write_file;
using Type = TreeEntry::Type;

struct Met {
  TreeEntry entry;
  std::string content;
};

std::vector<Met> walk(TreeSource& tree, bool read_content = true) {
  std::vector<Met> all;
  for (;;) {
    auto entry = tree.next();
    REQUIRE(entry);
    if (!*entry) return all;
    Met met{**entry, ""};
    std::vector<std::byte> buffer(7);
    while (read_content) {
      const auto count = tree.read(buffer);
      REQUIRE(count);
      if (*count == 0) break;
      met.content += as_text(std::span(buffer).first(*count));
    }
    all.push_back(std::move(met));
  }
}

// A pax archive with names under "model/", as Docker writes it.
std::string docker_archive(const std::vector<Met>& tree) {
  std::string text;
  archive* writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  const auto write = [](archive*, void* to, const void* bytes, std::size_t size) -> la_ssize_t {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
  };
  REQUIRE(archive_write_open(writer, &text, nullptr, write, nullptr) == ARCHIVE_OK);
  for (const auto& [entry, content] : tree) {
    archive_entry* header = archive_entry_new();
    const std::string name = entry.path.empty() ? "model" : "model/" + entry.path;
    archive_entry_copy_pathname(header, name.c_str());
    archive_entry_set_perm(header, static_cast<mode_t>(entry.mode));
    archive_entry_set_mtime(header, entry.mtime, 123456789);
    switch (entry.type) {
      case Type::directory:
        archive_entry_set_filetype(header, AE_IFDIR);
        break;
      case Type::symlink:
        archive_entry_set_filetype(header, AE_IFLNK);
        archive_entry_copy_symlink(header, entry.link_target.c_str());
        break;
      case Type::fifo:
        archive_entry_set_filetype(header, AE_IFIFO);
        break;
      case Type::hardlink:
        archive_entry_copy_hardlink(header, ("model/" + entry.link_target).c_str());
        break;
      default:
        archive_entry_set_filetype(header, AE_IFREG);
        archive_entry_set_size(header, static_cast<la_int64_t>(content.size()));
    }
    REQUIRE(archive_write_header(writer, header) >= ARCHIVE_WARN);
    if (entry.type == Type::file) archive_write_data(writer, content.data(), content.size());
    archive_entry_free(header);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  return text;
}

void make_tree(const TempDir& dir) {
  const std::string root = dir.path();
  write_file(dir / "b/weights.bin", "0123456789");
  write_file(dir / "b/a file with \xff bytes", "odd");
  write_file(dir / "b/\xc3\xbc and u\xcc\x88", "both forms");
  write_file(dir / "empty", "");
  REQUIRE(::link((root + "/b/weights.bin").c_str(), (root + "/c-link").c_str()) == 0);
  REQUIRE(::symlink("/etc/passwd", (root + "/a-symlink").c_str()) == 0);
  REQUIRE(::symlink("b", (root + "/dir-symlink").c_str()) == 0);
  REQUIRE(::mkfifo((root + "/pipe").c_str(), 0600) == 0);
  REQUIRE(::mkdir((root + "/zz-empty").c_str(), 0700) == 0);
  write_file(dir / "set-id", "x");
  REQUIRE(::chmod((root + "/set-id").c_str(), 04755) == 0);
  write_file(dir / ("long/" + std::string(250, 'n') + "/" + std::string(250, 'm')), "deep");
}

void check_tree(TreeSource& tree) {
  const auto all = walk(tree);
  std::vector<std::string> paths;
  for (const auto& met : all) paths.push_back(met.entry.path);
  const std::string long_name = "long/" + std::string(250, 'n');
  CHECK(paths == std::vector<std::string>{"", "a-symlink", "b", "b/a file with \xff bytes",
                                          "b/weights.bin", "b/\xc3\xbc and u\xcc\x88", "c-link",
                                          "dir-symlink", "empty", "long", long_name,
                                          long_name + "/" + std::string(250, 'm'), "pipe", "set-id",
                                          "zz-empty"});
  REQUIRE(all.size() == 15);
  CHECK(all[0].entry.type == Type::directory);
  CHECK(all[1].entry.type == Type::symlink);
  CHECK(all[1].entry.link_target == "/etc/passwd");
  CHECK(all[3].content == "odd");
  CHECK(all[4].content == "0123456789");
  CHECK(all[4].entry.size == 10);
  CHECK(all[5].content == "both forms");
  CHECK(all[6].entry.type == Type::hardlink);
  CHECK(all[6].entry.link_target == "b/weights.bin");
  CHECK(all[7].entry.type == Type::symlink);
  CHECK(all[8].entry.type == Type::file);
  CHECK(all[8].entry.size == 0);
  CHECK(all[11].content == "deep");
  CHECK(all[12].entry.type == Type::fifo);
  CHECK(all[13].entry.mode == 04755);
  CHECK(all[14].entry.type == Type::directory);
}

// A source that delivers one byte at a time, and then breaks.
class BreakingSource final : public ByteSource {
 public:
  explicit BreakingSource(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    if (at_ == text_.size()) return failure(ErrorKind::unavailable, "the Engine went away");
    buffer[0] = static_cast<std::byte>(text_[at_++]);
    return 1;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace

TEST_CASE("a directory as a tree") {
  const TempDir dir;
  make_tree(dir);
  DirectoryTree tree(dir.path());
  check_tree(tree);
}

TEST_CASE("a tar stream as a tree") {
  const TempDir dir;
  make_tree(dir);
  DirectoryTree directory(dir.path());
  ArchiveTree tree(std::make_unique<StringSource>(docker_archive(walk(directory))));
  check_tree(tree);
}

TEST_CASE("a socket in a directory, also under a second name") {
  const TempDir dir;
  REQUIRE(::mknod((dir / "a").c_str(), S_IFSOCK | 0600, 0) == 0);
  REQUIRE(::link((dir / "a").c_str(), (dir / "b").c_str()) == 0);
  DirectoryTree tree(dir.path());
  const auto all = walk(tree);
  REQUIRE(all.size() == 3);
  for (const std::size_t at : {1U, 2U}) {
    CHECK(all[at].entry.type == Type::socket);
    CHECK(all[at].entry.size == 0);
    CHECK(all[at].content.empty());
  }
}

TEST_CASE("content that is not read is skipped") {
  const TempDir dir;
  make_tree(dir);
  DirectoryTree directory(dir.path());
  const std::string archive = docker_archive(walk(directory));
  DirectoryTree again(dir.path());
  CHECK(walk(again, false).size() == 15);
  ArchiveTree tree(std::make_unique<StringSource>(archive));
  CHECK(walk(tree, false).size() == 15);
}

TEST_CASE("a root that is a file or a link") {
  const TempDir dir;
  write_file(dir / "file", "content");
  REQUIRE(::symlink("file", (dir / "link").c_str()) == 0);
  DirectoryTree file((dir / "file").string());
  const auto met = walk(file);
  REQUIRE(met.size() == 1);
  CHECK(met[0].entry.path.empty());
  CHECK(met[0].content == "content");
  DirectoryTree link((dir / "link").string());
  const auto links = walk(link);
  REQUIRE(links.size() == 1);
  CHECK(links[0].entry.type == Type::symlink);
  ArchiveTree archive(std::make_unique<StringSource>(docker_archive(links)));
  const auto in_archive = walk(archive);
  REQUIRE(in_archive.size() == 1);
  CHECK(in_archive[0].entry.type == Type::symlink);
}

TEST_CASE("a directory deeper than any path may be long") {
  const TempDir dir;
  UniqueFd current(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY));
  const std::string name(200, 'd');
  constexpr int depth = 60;
  for (int level = 0; level < depth; ++level) {
    REQUIRE(::mkdirat(current.get(), name.c_str(), 0755) == 0);
    current.reset(::openat(current.get(), name.c_str(), O_RDONLY | O_DIRECTORY));
  }
  {
    const UniqueFd file(::openat(current.get(), "file", O_WRONLY | O_CREAT, 0644));
    REQUIRE(::write(file.get(), "x", 1) == 1);
  }
  write_file(dir / "last", "y");
  DirectoryTree tree(dir.path());
  const auto all = walk(tree);
  REQUIRE(all.size() == depth + 3);
  CHECK(all[depth + 1].entry.path.size() == depth * 201 + 4);
  CHECK(all[depth + 1].content == "x");
  CHECK(all[depth + 2].content == "y");

  // And through our own writer back again.
  StringSink tar;
  TarWriter writer(tar);
  REQUIRE(writer.add_directory("root", 0755, 0));
  for (const auto& met : all) {
    if (met.entry.path.empty()) continue;
    TreeEntry entry = met.entry;
    entry.path = "root/" + entry.path;
    REQUIRE(writer.begin(entry));
    REQUIRE(writer.write(as_bytes(met.content)));
  }
  REQUIRE(writer.finish());
  ArchiveTree archive(std::make_unique<StringSource>(tar.text()));
  const auto again = walk(archive);
  REQUIRE(again.size() == all.size());
  CHECK(again[depth + 1].entry.path == all[depth + 1].entry.path);
  CHECK(again[depth + 1].content == "x");
}

TEST_CASE("a file that is replaced or gets shorter while it is read is an error") {
  const TempDir dir;
  write_file(dir / "file", "content");
  DirectoryTree shorter(dir.path());
  REQUIRE(shorter.next());
  REQUIRE(shorter.next());
  REQUIRE(::truncate((dir / "file").c_str(), 3) == 0);
  std::vector<std::byte> buffer(16);
  CHECK(shorter.read(buffer).value() == 3);
  const auto cut = shorter.read(buffer);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().kind == ErrorKind::data_corrupt);

  DirectoryTree replaced(dir.path());
  REQUIRE(replaced.next());
  REQUIRE(replaced.next());
  REQUIRE(::rename((dir / "file").c_str(), (dir / "other").c_str()) == 0);
  REQUIRE(::symlink("/etc/passwd", (dir / "file").c_str()) == 0);
  CHECK_FALSE(replaced.read(buffer));
}

TEST_CASE("a tar stream with unsafe names, one that breaks and one that is none") {
  for (const char* name : {"/etc/passwd", "model/../x", ".."}) {
    StringSink tar;
    TarWriter writer(tar);
    REQUIRE(writer.add_file(name, 0644, 0, "x"));
    REQUIRE(writer.finish());
    ArchiveTree tree(std::make_unique<StringSource>(tar.text()));
    const auto entry = tree.next();
    REQUIRE_FALSE(entry);
    CHECK(entry.error().kind == ErrorKind::data_corrupt);
  }
  StringSink tar;
  TarWriter writer(tar);
  REQUIRE(writer.add_file("model/a", 0644, 0, std::string(2000, 'x')));
  ArchiveTree broken(std::make_unique<BreakingSource>(tar.text().substr(0, 1500)));
  REQUIRE(broken.next());
  std::vector<std::byte> buffer(4000);
  Result<std::size_t> count = 1;
  while (count && *count > 0) count = broken.read(buffer);
  REQUIRE_FALSE(count);
  CHECK(count.error().kind == ErrorKind::unavailable);
  CHECK(count.error().message == "the Engine went away");

  ArchiveTree cut(std::make_unique<StringSource>(tar.text().substr(0, 1500)));
  REQUIRE(cut.next());
  count = 1;
  while (count && *count > 0) count = cut.read(buffer);
  CHECK_FALSE(count);

  ArchiveTree nonsense(std::make_unique<StringSource>(std::string(3000, 'n')));
  CHECK_FALSE(nonsense.next());
}

}  // namespace trainyard
