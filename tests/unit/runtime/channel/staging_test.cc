#include "runtime/channel/staging.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/artifact/archive_tree.h"
#include "runtime/artifact/tar_writer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_engine.h"
#include "tests/support/memory_store.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

using testing::FakeClock;
using testing::FakeEngine;
using testing::MemoryStore;
using testing::TempDir;
using testing::write_file;

ChannelSpec channel(const std::string& name, const std::string& uri) {
  ChannelSpec spec;
  spec.name = name;
  spec.uri = uri;
  return spec;
}

struct StagingHouse {
  TempDir dir;
  FakeClock clock;
  FakeEngine engine{&clock};
  MemoryStore store{clock};
  FileRoots roots{{dir.path()}};
  JobSpec spec;
  ImageInfo image;
  Labels labels{{"job", "j1"}};
  std::vector<std::string> lines;

  StagingHouse() {
    std::filesystem::create_directory(dir / "scratch");
    engine.add_image("image");
    spec.name = "j1";
    spec.image = "image";
    store.create_bucket("bucket");
  }

  Stager stager(StagingMethod method) {
    return {engine, store, roots, clock, dir / "scratch", method};
  }

  Result<StagedInput> stage(Stager& stager, std::stop_token stop = {}) {
    return stager.stage(
        spec, image, labels, [this](const std::string& line) { lines.push_back(line); }, stop);
  }

  // The whole of the input as the container sees it, by path.
  std::map<std::string, TreeEntry> container_tree(Stager& stager, const StagedInput& staged,
                                                  std::string& id) {
    ContainerSpec container;
    container.image = "image";
    container.mounts = staged.mounts;
    id = engine.create_container(container).value();
    REQUIRE(stager.fill(id, staged, {}));
    std::map<std::string, TreeEntry> entries;
    for (const std::string path : {"/opt/ml/input", "/opt/ml/model", "/opt/ml/output"}) {
      ArchiveTree tree(engine.get_archive(id, path, {}).value());
      for (;;) {
        auto entry = tree.next();
        REQUIRE(entry);
        if (!*entry) break;
        entries[path.substr(8) + ((*entry)->path.empty() ? "" : "/") + (*entry)->path] = **entry;
      }
    }
    return entries;
  }
};

}  // namespace

TEST_CASE("staging into a volume lays out the whole of /opt/ml") {
  StagingHouse house;
  house.store.add("bucket", "data/train/a.csv", "1,2");
  house.store.add("bucket", "data/train/sub/dir/b.csv", "3,4");
  house.store.add("bucket", "data/train/empty/", "");
  write_file(house.dir / "source/file", "from disk");
  write_file(house.dir / "source/run.sh", "#!/bin/sh");
  REQUIRE(::chmod((house.dir / "source/run.sh").c_str(), 0700) == 0);
  REQUIRE(::symlink("/etc/passwd", (house.dir / "source/link").c_str()) == 0);
  REQUIRE(::link((house.dir / "source/file").c_str(), (house.dir / "source/same").c_str()) == 0);
  REQUIRE(::mkfifo((house.dir / "source/pipe").c_str(), 0600) == 0);
  REQUIRE(::mknod((house.dir / "source/socket").c_str(), S_IFSOCK | 0600, 0) == 0);
  write_file(house.dir / "single.csv", "5,6");
  const std::string base = house.dir.path();
  house.spec.channels = {channel("train", "s3://bucket/data/train"),
                         channel("disk", "file://" + base + "/source"),
                         channel("one", "file://" + base + "/single.csv")};
  Stager stager = house.stager(StagingMethod::automatic);
  const auto staged = house.stage(stager);
  REQUIRE(staged);
  CHECK(staged->method == "volume");
  CHECK(staged->volumes.empty());
  CHECK(staged->mounts.size() == 3);
  for (const auto& mount : staged->mounts) {
    CHECK(mount.volume.empty());
    CHECK(mount.labels == house.labels);
  }

  std::string id;
  const auto tree = house.container_tree(stager, *staged, id);
  std::string paths;
  for (const auto& [path, entry] : tree) paths += path + '\n';
  CHECK(paths ==
        "input\ninput/config\ninput/config/hyperparameters.json\n"
        "input/config/init-config.json\ninput/config/inputdataconfig.json\n"
        "input/config/metric-definition-regex.json\ninput/config/resourceconfig.json\n"
        "input/data\ninput/data/disk\ninput/data/disk/file\ninput/data/disk/link\n"
        "input/data/disk/run.sh\ninput/data/disk/same\ninput/data/one\n"
        "input/data/one/single.csv\ninput/data/train\ninput/data/train-manifest\n"
        "input/data/train/a.csv\ninput/data/train/empty\ninput/data/train/sub\n"
        "input/data/train/sub/dir\ninput/data/train/sub/dir/b.csv\nmodel\noutput\noutput/data\n"
        "output/metrics\noutput/metrics/sagemaker\noutput/profiler\n");
  for (const auto& [path, entry] : tree) {
    CAPTURE(path);
    // The roots of the fake's volumes have no modes.
    const bool is_root = path.find('/') == std::string::npos;
    if (entry.type == TreeEntry::Type::directory && !is_root) CHECK(entry.mode == 0777);
    if (entry.type == TreeEntry::Type::file && !path.ends_with("run.sh")) {
      CHECK(entry.mode == 0666);
    }
  }
  CHECK(tree.at("input/data/disk/run.sh").mode == 0777);
  CHECK(tree.at("input/data/disk/link").link_target == "/etc/passwd");
  const auto content = [&](const std::string& path) {
    return house.engine.file_of(id, "/opt/ml/" + path).value_or("(none)");
  };
  CHECK(content("input/data/train/sub/dir/b.csv") == "3,4");
  CHECK(content("input/data/disk/file") == "from disk");
  CHECK(content("input/data/one/single.csv") == "5,6");
  CHECK(content("input/data/train-manifest") ==
        "data/train\ns3://bucket/data/train/a.csv\ns3://bucket/data/train/empty/\n"
        "s3://bucket/data/train/sub/dir/b.csv\n");
  CHECK(house.lines ==
        std::vector<std::string>{"pipe is left out of the channel: it is a FIFO",
                                 "socket is left out of the channel: it is a socket"});
}

TEST_CASE("what cannot be staged is an error that names channel and thing") {
  StagingHouse house;
  house.store.add("bucket", "p/a", "1");
  house.store.add("bucket", "p/a/b", "2");
  const std::string base = house.dir.path();
  Stager stager = house.stager(StagingMethod::automatic);
  const auto refusal = [&](std::vector<ChannelSpec> channels) {
    house.spec.channels = std::move(channels);
    const auto staged = house.stage(stager);
    REQUIRE_FALSE(staged);
    return staged.error().message;
  };
  CHECK(refusal({channel("train", "s3://bucket/p")}).find("\"p/a/b\"") != std::string::npos);
  CHECK(refusal({channel("train", "s3://bucket/none")}).find("train") != std::string::npos);
  CHECK(refusal({channel("train", "s3://nowhere/none")}).find("train") != std::string::npos);
  CHECK(refusal({channel("train", "file:///etc")}).find("--file-root") != std::string::npos);
  CHECK(refusal({channel("..", "file://" + base)}).find("\"..\"") != std::string::npos);
  REQUIRE(::mkfifo((house.dir / "pipe").c_str(), 0600) == 0);
  CHECK(refusal({channel("t", "file://" + base + "/pipe")}).find("pipe") != std::string::npos);
  CHECK(refusal({channel("a", "s3://bucket/p/a/"), channel("a-manifest", "s3://bucket/p/a/")})
            .find("a-manifest") != std::string::npos);
}

TEST_CASE("an object that goes away between listing and staging fails the put") {
  StagingHouse house;
  house.store.add("bucket", "p/a", "1");
  house.spec.channels = {channel("train", "s3://bucket/p/")};
  Stager stager = house.stager(StagingMethod::volume);
  const auto staged = house.stage(stager);
  REQUIRE(staged);
  REQUIRE(house.store.remove("bucket", "p/a"));
  StringSink sink;
  TarWriter tar(sink);
  CHECK(staged->write(tar).error().kind == ErrorKind::not_found);
}

TEST_CASE("a method that cannot be had fails with a reason and leaves nothing behind") {
  StagingHouse house;
  house.store.add("bucket", "p/a", "1");
  house.spec.channels = {channel("train", "s3://bucket/p/")};
  for (const auto method : {StagingMethod::overlay, StagingMethod::copy}) {
    Stager stager = house.stager(method);
    const auto staged = house.stage(stager);
    REQUIRE_FALSE(staged);
    CHECK(staged.error().kind == ErrorKind::unsupported);
    CHECK(staged.error().message.find("--staging volume") != std::string::npos);
    REQUIRE(stager.sharing().known());
    CHECK_FALSE(stager.sharing().known()->shared);
    CHECK(house.engine.container_count() == 0);
    CHECK(house.engine.volume_count() == 0);
    CHECK(std::filesystem::is_empty(house.dir / "scratch"));
  }
}

TEST_CASE("what an Engine that is away says about sharing is not kept") {
  StagingHouse house;
  house.store.add("bucket", "p/a", "1");
  house.spec.channels = {channel("train", "s3://bucket/p/")};
  Stager stager = house.stager(StagingMethod::overlay);
  house.engine.set_available(false);
  const auto staged = house.stage(stager);
  REQUIRE_FALSE(staged);
  CHECK(staged.error().kind == ErrorKind::unavailable);
  CHECK_FALSE(stager.sharing().known());
}

TEST_CASE("what an error says about sharing is asked again after a minute") {
  StagingHouse house;
  house.store.add("bucket", "p/a", "1");
  house.spec.channels = {channel("train", "s3://bucket/p/")};
  Stager stager = house.stager(StagingMethod::overlay);
  house.engine.fail_next("create_volume", {ErrorKind::internal, "no space left on device"}, 2);
  CHECK_FALSE(house.stage(stager));
  REQUIRE(stager.sharing().known());
  CHECK(stager.sharing().known()->reason.find("no space left on device") != std::string::npos);
  house.clock.advance(std::chrono::minutes(1));
  CHECK_FALSE(stager.sharing().known());
}

TEST_CASE("large data goes into the volume where nothing is shared") {
  StagingHouse house;
  for (int count = 0; count < 400; ++count) {
    house.store.add("bucket", fmt::format("p/{:03}", count), "x");
  }
  house.spec.channels = {channel("train", "s3://bucket/p/")};
  Stager stager = house.stager(StagingMethod::automatic);
  const auto staged = house.stage(stager);
  REQUIRE(staged);
  CHECK(staged->method == "volume");
  CHECK(stager.sharing().known());
}

TEST_CASE("cleaning removes a job's scratch, follows no link, and may be repeated") {
  StagingHouse house;
  write_file(house.dir / "precious/file", "x");
  write_file(house.dir / "scratch/j1/train/file", "x");
  const auto link = house.dir / "scratch/j1/train/link";
  REQUIRE(::symlink((house.dir / "precious").c_str(), link.c_str()) == 0);
  Stager stager = house.stager(StagingMethod::volume);
  CHECK(stager.clean("j1"));
  CHECK(stager.clean("j1"));
  CHECK_FALSE(std::filesystem::exists(house.dir / "scratch/j1"));
  CHECK(std::filesystem::exists(house.dir / "precious/file"));
  CHECK_FALSE(stager.clean(".."));
  CHECK_FALSE(stager.clean(""));
  CHECK_FALSE(stager.clean("a/b"));
}

TEST_CASE("sweeping removes the scratch of those jobs that may go") {
  StagingHouse house;
  Stager stager = house.stager(StagingMethod::volume);
  for (const char* name : {"dead", "alive", ".probe"}) {
    std::filesystem::create_directories(house.dir / "scratch" / name / "train");
  }
  CHECK(stager.sweep([](const std::string& name) { return name != "alive"; }));
  CHECK_FALSE(std::filesystem::exists(house.dir / "scratch" / "dead"));
  CHECK(std::filesystem::exists(house.dir / "scratch" / "alive" / "train"));
  // Somebody may be probing.
  CHECK(std::filesystem::exists(house.dir / "scratch" / ".probe"));
}

TEST_CASE("users of an image that are root") {
  ImageInfo image;
  for (const char* user : {"", "0", "root", "0:0", "root:root", "0:100"}) {
    image.user = user;
    CHECK(runs_as_root(image));
  }
  for (const char* user : {"1000", "nobody", "1000:0", "rooty"}) {
    image.user = user;
    CHECK_FALSE(runs_as_root(image));
  }
}

}  // namespace trainyard
