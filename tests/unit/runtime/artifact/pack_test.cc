#include "runtime/artifact/pack.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/artifact/archive_tree.h"
#include "runtime/artifact/directory_tree.h"
#include "tests/support/fake_tree.h"
#include "tests/support/gunzip.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

using testing::FakeTree;
using testing::TempDir;

struct Packed {
  std::uint64_t entries = 0;
  bool opened = false;
  FakeTree tree;
  std::vector<std::string> lines;
};

Packed pack(TreeSource& tree) {
  Packed packed;
  StringSink archive;
  const auto open = [&]() -> Result<ByteSink*> {
    packed.opened = true;
    return &archive;
  };
  Notices notices([&](const std::string& line) { packed.lines.push_back(line); });
  const auto entries = pack_tree(tree, open, notices, {}, {});
  REQUIRE(entries);
  packed.entries = *entries;
  if (packed.opened) {
    const auto files = testing::parse_tar(testing::gunzip(archive.text()));
    REQUIRE(files);
    packed.tree = *files;
  }
  return packed;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("what cannot be kept in an archive is left out of it by name") {
  const TempDir dir;
  testing::write_file(dir / "weights", "w");
  REQUIRE(::mknod((dir / "control").c_str(), S_IFSOCK | 0600, 0) == 0);
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  DirectoryTree tree(dir.path());
  const Packed packed = pack(tree);
  CHECK(packed.entries == 1);
  CHECK(packed.tree.size() == 1);
  CHECK(packed.tree.at("weights").content == "w");
  CHECK(packed.lines == Lines{"control is left out of the archive: it is a socket",
                              "pipe is left out of the archive: it is a FIFO"});
}

TEST_CASE("further names of what is left out are left out too") {
  FakeTree files;
  const auto of_type = [](TreeEntry::Type type, std::string link_target = "") {
    testing::FakeFile file;
    file.type = type;
    file.link_target = std::move(link_target);
    return file;
  };
  files.emplace("a", of_type(TreeEntry::Type::fifo));
  files.emplace("b", of_type(TreeEntry::Type::hardlink, "a"));
  files.emplace("c", testing::FakeFile{});
  files.emplace("d", of_type(TreeEntry::Type::hardlink, "c"));
  FakeTree root;
  root.emplace("model", testing::fake_directory());
  for (auto& [path, file] : files) {
    if (file.type == TreeEntry::Type::hardlink) file.link_target.insert(0, "model/");
    root.emplace("model/" + path, file);
  }
  ArchiveTree tree(std::make_unique<StringSource>(testing::make_tar(root)));
  const Packed packed = pack(tree);
  CHECK(packed.entries == 2);
  CHECK(packed.tree.contains("c"));
  CHECK(packed.tree.contains("d"));
  CHECK(packed.lines ==
        Lines{"a is left out of the archive: it is a FIFO",
              "b is left out of the archive: it is another name of a skipped file"});
}

TEST_CASE("a tree of nothing that can be kept opens no archive") {
  const TempDir dir;
  REQUIRE(::mknod((dir / "control").c_str(), S_IFSOCK | 0600, 0) == 0);
  DirectoryTree tree(dir.path());
  const Packed packed = pack(tree);
  CHECK(packed.entries == 0);
  CHECK_FALSE(packed.opened);
  CHECK(packed.lines.size() == 1);

  DirectoryTree socket(dir / "control");
  const Packed nothing = pack(socket);
  CHECK_FALSE(nothing.opened);
  CHECK(nothing.lines == Lines{"nothing is packed: instead of a directory there is a socket"});
}

}  // namespace trainyard
