#include "runtime/channel/volume_target.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/stream.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

using testing::read_file;
using testing::TempDir;

struct Volumes {
  TempDir dir;
  std::map<std::string, std::string> mountpoints;

  Volumes() {
    for (const std::string name : {"input", "model"}) {
      std::filesystem::create_directory(dir / name);
      mountpoints["/opt/ml/" + name] = dir / name;
    }
  }
};

}  // namespace

TEST_CASE("a tree is written into volumes" * doctest::skip(::geteuid() != 0)) {
  Volumes volumes;
  auto target = VolumeTarget::open(volumes.mountpoints, {"/opt/ml/input", "/opt/ml/model"});
  REQUIRE(target);
  REQUIRE(target->add_directory("opt/ml/input", 0777, 0));
  REQUIRE(target->add_file("opt/ml/input/sub/file", 0666, 1700000000, "content"));
  REQUIRE(target->begin(
      {"opt/ml/input/same", TreeEntry::Type::hardlink, 0, 0, 0, "opt/ml/input/sub/file"}));
  REQUIRE(target->begin({"opt/ml/input/link", TreeEntry::Type::symlink, 0, 0, 0, "/etc"}));
  REQUIRE(target->add_directory("opt/ml/model", 0777, 0));
  REQUIRE(target->finish());
  struct stat status{};
  REQUIRE(::stat((volumes.dir / "input/sub/file").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0666);
  CHECK(status.st_mtime == 1700000000);
  CHECK(status.st_nlink == 2);
  CHECK(read_file(volumes.dir / "input/same") == "content");
  REQUIRE(::stat((volumes.dir / "model").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0777);

  // Nothing is written through a link, outside of the volumes or over another file.
  CHECK_FALSE(target->add_file("opt/ml/input/link/passwd", 0666, 0, "x"));
  CHECK(target->obstructed());
  CHECK_FALSE(target->add_file("etc/file", 0666, 0, "x"));
  CHECK_FALSE(target->add_file("opt/ml/input/sub/file", 0666, 0, "other"));
  CHECK(read_file(volumes.dir / "input/sub/file") == "content");
}

TEST_CASE("a volume that the image mounts below ours gets what lies in it" *
          doctest::skip(::geteuid() != 0)) {
  Volumes volumes;
  std::filesystem::create_directory(volumes.dir / "nested");
  volumes.mountpoints["/opt/ml/input/data"] = volumes.dir / "nested";
  volumes.mountpoints["/opt/ml/input/data/brought"] = "/nowhere/_data";
  volumes.mountpoints["/data"] = "/nowhere/_data";
  const auto targets = VolumeTarget::targets_below({"/opt/ml/input"}, volumes.mountpoints,
                                                   {{"/opt/ml/input/data/brought", "", {}, {}}});
  auto target = VolumeTarget::open(volumes.mountpoints, targets);
  REQUIRE(target);
  REQUIRE(target->add_file("opt/ml/input/config/a.json", 0666, 0, "{}"));
  REQUIRE(target->add_directory("opt/ml/input/data", 0777, 0));
  REQUIRE(target->add_file("opt/ml/input/data/train/a", 0666, 0, "content"));
  REQUIRE(target->finish());
  CHECK(read_file(volumes.dir / "nested/train/a") == "content");
  CHECK(read_file(volumes.dir / "input/config/a.json") == "{}");
  CHECK_FALSE(std::filesystem::exists(volumes.dir / "input/data"));
}

TEST_CASE("content of the wrong length is an error of the source" *
          doctest::skip(::geteuid() != 0)) {
  Volumes volumes;
  auto target = VolumeTarget::open(volumes.mountpoints, {"/opt/ml/input"});
  REQUIRE(target);
  REQUIRE(target->begin({"opt/ml/input/a", TreeEntry::Type::file, 0666, 0, 3, ""}));
  CHECK_FALSE(target->write(as_bytes("four")));
  CHECK_FALSE(target->finish());
  CHECK_FALSE(target->obstructed());
}

TEST_CASE("volumes that cannot be reached") {
  Volumes volumes;
  CHECK(VolumeTarget::open(volumes.mountpoints, {"/opt/ml/output"}).error().kind ==
        ErrorKind::unsupported);
  CHECK(VolumeTarget::open({{"/opt/ml/input", "/nowhere/_data"}}, {"/opt/ml/input"}).error().kind ==
        ErrorKind::unsupported);
}

}  // namespace trainyard
