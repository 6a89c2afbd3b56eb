#include "runtime/artifact/container_files.h"

#include <doctest/doctest.h>

#include "tests/support/fake_engine.h"
#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

using testing::FakeEngine;
using testing::FakeFile;
using testing::FakeImage;
using Way = ContainerFiles::Way;

struct Bench {
  FakeEngine engine;
  testing::TempDir place;
  std::string id;

  // Inside the container there is one file; where its volume is said to lie, another.
  Bench() {
    FakeImage image;
    FakeFile file;
    file.content = "by archive";
    testing::add_file(image.files, "opt/ml/model/file", file);
    engine.add_image("image", image);
    ContainerSpec spec;
    spec.image = "image";
    id = engine.create_container(spec).value();
    std::filesystem::create_directory(place / "model");
    testing::write_file(place / "model/file", "directly");
    engine.set_mountpoints(id, {{"/opt/ml/model", place / "model"}});
  }

  ContainerFiles files(Way way) { return {engine, id, {}, way}; }
};

// Content of the only file of the tree.
std::string only_file(TreeSource& tree) {
  std::string content;
  for (;;) {
    const auto entry = tree.next();
    REQUIRE(entry);
    if (!*entry) return content;
    if ((*entry)->type != TreeEntry::Type::file) continue;
    std::vector<std::byte> buffer(64);
    const std::size_t count = tree.read(buffer).value();
    content += as_text(std::span(buffer).first(count));
  }
}

std::string read(ContainerFiles files, const std::string& path) {
  const auto tree = files.open(path);
  REQUIRE(tree);
  return *tree ? only_file(**tree) : "nothing";
}

}  // namespace

TEST_CASE("a container's files are read where its volume lies, or by archive") {
  Bench bench;
  CHECK(read(bench.files(Way::direct), "/opt/ml/model") == "directly");
  CHECK(read(bench.files(Way::direct), "/opt/ml/model/file") == "directly");
  CHECK(read(bench.files(Way::archive), "/opt/ml/model") == "by archive");
  ContainerFiles files = bench.files(Way::direct);
  REQUIRE(files.open("/opt/ml/model"));
  CHECK(files.path_limit() == 0);
}

TEST_CASE("what lies in no volume, or in one of another machine, is read by archive") {
  Bench bench;
  bench.engine.set_mountpoints(bench.id, {{"/opt/ml/mode", bench.place / "model"}});
  CHECK(read(bench.files(Way::direct), "/opt/ml/model") == "by archive");
  bench.engine.set_mountpoints(bench.id, {{"/opt/ml/model", bench.place / "elsewhere"}});
  ContainerFiles files = bench.files(Way::direct);
  CHECK(read(files, "/opt/ml/model") == "by archive");
  REQUIRE(files.open("/opt/ml/model"));
  CHECK(files.path_limit() > 0);
}

TEST_CASE("a volume inside of another is the one that counts") {
  Bench bench;
  std::filesystem::create_directories(bench.place / "outer/model");
  testing::write_file(bench.place / "outer/model/file", "hidden");
  bench.engine.set_mountpoints(
      bench.id, {{"/opt/ml", bench.place / "outer"}, {"/opt/ml/model", bench.place / "model"}});
  CHECK(read(bench.files(Way::direct), "/opt/ml/model/file") == "directly");
}

TEST_CASE("what is not there is nothing, and of a container that is gone everything is an error") {
  for (const Way way : {Way::direct, Way::archive}) {
    CAPTURE(static_cast<int>(way));
    Bench bench;
    CHECK(read(bench.files(way), "/opt/ml/model/none") == "nothing");
    // Removed after its first file was read, or before.
    ContainerFiles files = bench.files(way);
    REQUIRE(files.open("/opt/ml/model"));
    std::filesystem::remove_all(bench.place / "model");
    REQUIRE(bench.engine.remove_container(bench.id));
    for (ContainerFiles again : {files, bench.files(way)}) {
      const auto tree = again.open("/opt/ml/model");
      REQUIRE_FALSE(tree);
      CHECK(tree.error().kind == ErrorKind::not_found);
    }
  }
}

}  // namespace trainyard
