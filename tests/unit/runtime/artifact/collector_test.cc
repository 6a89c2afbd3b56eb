#include "runtime/artifact/collector.h"

#include <doctest/doctest.h>

#include "runtime/artifact/archive_tree.h"
#include "runtime/channel/staging.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_engine.h"
#include "tests/support/gunzip.h"
#include "tests/support/memory_store.h"
#include "tests/support/temp_dir.h"

namespace trainyard {
namespace {

using testing::FakeFile;
using testing::FakeRun;
using testing::TempDir;
using Type = TreeEntry::Type;

FakeFile of_type(Type type, std::string link_target = "") {
  FakeFile file;
  file.type = type;
  file.link_target = std::move(link_target);
  return file;
}

struct House {
  TempDir dir;
  testing::FakeClock clock;
  testing::FakeEngine engine{&clock};
  testing::MemoryStore store{clock};
  JobSpec spec;
  std::vector<std::string> lines;
  std::string id;

  House() {
    store.create_bucket("bucket");
    spec.name = "j1";
    spec.output_uri = "s3://bucket/out/";
  }

  void run(testing::FakeProgram program) {
    testing::FakeImage image;
    image.program = std::move(program);
    engine.add_image("image", std::move(image));
    ContainerSpec container;
    container.image = "image";
    container.mounts = standard_mounts({});
    id = engine.create_container(container).value();
    REQUIRE(engine.start_container(id));
    engine.wait_until_exited(id);
  }

  CollectedArtifacts collect(bool compress = true, std::stop_token stop = {}) {
    auto destination = open_destination(spec, store, FileRoots({dir.path()}));
    REQUIRE(destination);
    CollectOptions options;
    options.compress = compress;
    options.gzip_workers = 1;
    return collect_artifacts(
        engine, id, *destination, options,
        [this](const std::string& line) { lines.push_back(line); }, stop);
  }

  std::vector<std::string> keys() {
    std::vector<std::string> all;
    const auto page = store.list("bucket", {});
    for (const auto& object : page->objects) all.push_back(object.key);
    return all;
  }
};

// Path to content, or "-> target".
std::map<std::string, std::string> unpack(const std::string& archive) {
  // An archive tree leaves the root's name out, ours has none.
  std::map<std::string, std::string> files;
  const auto tree = testing::parse_tar(testing::gunzip(archive));
  REQUIRE(tree);
  for (const auto& [path, file] : *tree) {
    files[path] = file.link_target.empty() ? file.content : "-> " + file.link_target;
  }
  return files;
}

using Files = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("model and output become archives with their content at the root") {
  House house;
  house.run([](FakeRun& run) {
    run.write("/opt/ml/model/weights.bin", "weights", 0600);
    run.write("/opt/ml/model/code/inference.py", "import x");
    run.add("/opt/ml/model/latest", of_type(Type::symlink, "/etc/passwd"));
    run.add("/opt/ml/model/pipe", of_type(Type::fifo));
    run.write("/opt/ml/output/data/metrics.json", "{}");
    run.write("/opt/ml/output/success", "");
    run.write("/opt/ml/output/other/file", "not uploaded");
    return 0;
  });
  const auto collected = house.collect();
  CHECK_FALSE(collected.error);
  CHECK(collected.stored == std::vector<std::string>{"model.tar.gz", "output.tar.gz"});
  CHECK_FALSE(collected.failure_text);
  CHECK(house.keys() ==
        std::vector<std::string>{"out/j1/output/model.tar.gz", "out/j1/output/output.tar.gz"});
  CHECK(unpack(house.store.content("bucket", "out/j1/output/model.tar.gz")) ==
        Files{{"code", ""},
              {"code/inference.py", "import x"},
              {"latest", "-> /etc/passwd"},
              {"weights.bin", "weights"}});
  CHECK(unpack(house.store.content("bucket", "out/j1/output/output.tar.gz")) ==
        Files{{"metrics.json", "{}"}});
  REQUIRE(house.lines.size() == 1);
  CHECK(house.lines[0].find("pipe") != std::string::npos);
  CHECK(house.lines[0].find("/opt/ml/model") != std::string::npos);
}

TEST_CASE("empty directories leave nothing") {
  House house;
  house.run([](FakeRun& run) {
    run.add("/opt/ml/output/data", testing::fake_directory());
    return 0;
  });
  const auto collected = house.collect();
  CHECK_FALSE(collected.error);
  CHECK(collected.stored.empty());
  CHECK(house.keys().empty());
}

TEST_CASE("the failure file's text is read up to a bound, and only of a plain file") {
  House house;
  SUBCASE("long") {
    house.run([](FakeRun& run) {
      run.write("/opt/ml/output/failure", std::string(100'000, 'f'));
      return 1;
    });
    CHECK(house.collect().failure_text == std::string(4096, 'f'));
  }
  SUBCASE("a link") {
    house.run([](FakeRun& run) {
      run.add("/opt/ml/output/failure", of_type(Type::symlink, "/etc/passwd"));
      return 1;
    });
    CHECK_FALSE(house.collect().failure_text);
    CHECK(house.lines.size() == 1);
  }
  SUBCASE("a FIFO") {
    house.run([](FakeRun& run) {
      run.add("/opt/ml/output/failure", of_type(Type::fifo));
      return 1;
    });
    CHECK_FALSE(house.collect().failure_text);
  }
  SUBCASE("a directory") {
    house.run([](FakeRun& run) {
      run.write("/opt/ml/output/failure/x", "x");
      return 1;
    });
    CHECK_FALSE(house.collect().failure_text);
  }
}

TEST_CASE("a directory that was swapped for a link or a file gives nothing but a notice") {
  House house;
  house.run([](FakeRun& run) {
    run.write("/opt/ml/model/weights", "w");
    run.add("/opt/ml/output/data", of_type(Type::symlink, "/etc"));
    return 0;
  });
  const auto collected = house.collect();
  CHECK_FALSE(collected.error);
  CHECK(collected.stored == std::vector<std::string>{"model.tar.gz"});
  CHECK(house.lines.size() == 1);
}

TEST_CASE("plain objects: one for each file, links skipped, further names as copies") {
  House house;
  house.run([](FakeRun& run) {
    run.write("/opt/ml/model/a/weights", "weights");
    run.add("/opt/ml/model/link", of_type(Type::symlink, "a/weights"));
    run.write("/opt/ml/output/data/out", "out");
    return 0;
  });
  const auto collected = house.collect(false);
  CHECK_FALSE(collected.error);
  CHECK(collected.stored == std::vector<std::string>{"model", "data"});
  CHECK(house.keys() ==
        std::vector<std::string>{"out/j1/output/data/out", "out/j1/output/model/a/weights"});
  CHECK(house.lines.size() == 1);
}

TEST_CASE("plain objects: a name that cannot be a key fails by name, and the rest is stored") {
  House house;
  house.run([](FakeRun& run) {
    run.write("/opt/ml/model/bad\xff", "x");
    run.write("/opt/ml/model/good", "y");
    return 0;
  });
  const auto collected = house.collect(false);
  REQUIRE(collected.error);
  CHECK(collected.error->message.find("bad\\xff") != std::string::npos);
  CHECK(house.keys() == std::vector<std::string>{"out/j1/output/model/good"});
}

TEST_CASE("a directory that is too deep for the Engine's archive fails by name") {
  House house;
  std::string deep = "/opt/ml/model";
  for (int level = 0; level < 20; ++level) deep += '/' + std::string(200, 'd');
  house.run([&](FakeRun& run) {
    run.write(deep + "/file", "x");
    return 0;
  });
  const auto collected = house.collect();
  REQUIRE(collected.error);
  CHECK(collected.error->message.find("too long") != std::string::npos);
  CHECK(house.keys().empty());
}

TEST_CASE("an error on the way commits nothing, and the rest is collected all the same") {
  House house;
  house.run([](FakeRun& run) {
    run.write("/opt/ml/model/weights", "w");
    run.write("/opt/ml/output/data/out", "o");
    run.write("/opt/ml/output/failure", "why");
    return 1;
  });
  using Operation = testing::MemoryStore::Operation;
  house.store.set_fault([](Operation operation, const std::string& key) -> std::optional<Error> {
    if (operation != Operation::commit || !key.ends_with("model.tar.gz")) return std::nullopt;
    return Error{ErrorKind::limit_exceeded, "disk full"};
  });
  const auto collected = house.collect();
  REQUIRE(collected.error);
  CHECK(collected.error->message == "disk full");
  CHECK(collected.failure_text == "why");
  CHECK(collected.stored == std::vector<std::string>{"output.tar.gz"});

  std::stop_source stop;
  stop.request_stop();
  const auto stopped = house.collect(true, stop.get_token());
  REQUIRE(stopped.error);
  CHECK(stopped.stored.empty());
  CHECK(house.keys().size() == 1);

  house.id = "gone";
  CHECK(house.collect().error->kind == ErrorKind::not_found);
}

TEST_CASE("results in a local directory") {
  House house;
  house.run([](FakeRun& run) {
    run.write("/opt/ml/model/weights", "w");
    return 0;
  });
  house.spec.output_uri = "file://" + (house.dir / "results/here/").string();
  CHECK_FALSE(house.collect().error);
  CHECK(unpack(testing::read_file(house.dir / "results/here/j1/output/model.tar.gz")) ==
        Files{{"weights", "w"}});
  house.spec.output_uri = "file:///etc/results";
  const auto outside = open_destination(house.spec, house.store, FileRoots({house.dir.path()}));
  REQUIRE_FALSE(outside);
  CHECK(outside.error().kind == ErrorKind::permission_denied);
}

}  // namespace trainyard
