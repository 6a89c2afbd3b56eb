// What --job-ca and --pip-cache put into containers.

#include "runtime/job/machine_files.h"

#include <doctest/doctest.h>

#include "runtime/job/pip_cache.h"
#include "runtime/job/trusted_roots.h"
#include "tests/support/job_bench.h"

namespace trainyard {

namespace {

using testing::FakeFile;
using testing::FakeImage;
using testing::FakeRun;
using testing::JobBench;

constexpr char added[] = "added root\n";

FakeFile file_of(std::string content) {
  FakeFile file;
  file.content = std::move(content);
  return file;
}

FakeFile link_to(std::string target) {
  FakeFile file;
  file.type = TreeEntry::Type::symlink;
  file.link_target = std::move(target);
  return file;
}

// Prints the bundle and the variable that names it.
FakeImage image_with(const testing::FakeTree& files) {
  FakeImage image;
  image.files = files;
  image.program = [](FakeRun& run) {
    run.print(run.environment("SSL_CERT_FILE").value_or("-") + "\n");
    run.print(run.read(trusted_roots_path).value_or("-\n"));
    run.print(run.environment("PIP_CACHE_DIR").value_or("-") + "\n");
    return 0;
  };
  return image;
}

std::vector<std::string> run(JobBench& bench, const std::string& name) {
  bench.create(JobBench::spec(name));
  CHECK(bench.await_end(name).status == JobStatus::completed);
  return bench.log(name);
}

JobOptions options_with_roots() {
  JobOptions options = JobBench::default_options();
  options.certificates = added;
  return options;
}

}  // namespace

TEST_CASE("added certificates stand behind those of the image") {
  JobBench bench(options_with_roots());
  testing::FakeTree files;
  testing::add_file(files, "etc/pki/tls/certs/ca-bundle.crt", link_to("../../real/bundle.pem"));
  testing::add_file(files, "etc/pki/real/bundle.pem", file_of("root of the image"));
  bench.engine().add_image("image", image_with(files));
  for (const char* name : {"first", "second"}) {
    const auto lines = run(bench, name);
    CHECK(lines ==
          std::vector<std::string>{trusted_roots_path, "root of the image", "added root", "-"});
  }
}

TEST_CASE("an image without certificates gets this machine's") {
  JobBench bench(options_with_roots());
  bench.engine().add_image("image", image_with({}));
  const auto path = bench.scratch().parent_path() / "machine/etc/ssl/certs/ca-certificates.crt";
  std::filesystem::create_directories(path.parent_path());
  testing::write_file(path, "root of the machine\n");
  CHECK(run(bench, "job") ==
        std::vector<std::string>{trusted_roots_path, "root of the machine", "added root", "-"});
}

TEST_CASE("links that lead in a circle are no certificates") {
  JobBench bench(options_with_roots());
  testing::FakeTree files;
  testing::add_file(files, "etc/ssl/cert.pem", link_to("cert.pem"));
  bench.engine().add_image("image", image_with(files));
  CHECK(run(bench, "job") == std::vector<std::string>{trusted_roots_path, "added root", "-"});
}

TEST_CASE("without the options nothing is put anywhere") {
  JobBench bench;
  bench.engine().add_image("image", image_with({}));
  CHECK(run(bench, "job") == std::vector<std::string>{"-", "-", "-"});
}

TEST_CASE("pip's cache is one volume for all jobs that stays, also after a sweep") {
  JobOptions options = JobBench::default_options();
  options.pip_cache = true;
  JobBench bench(options);
  FakeImage image;
  image.program = [](FakeRun& run) {
    const std::string directory = run.environment("PIP_CACHE_DIR").value_or("none");
    run.print(run.exists(directory) ? "there\n" : "not there\n");
    run.print(run.read(directory + "/wheel").value_or("empty") + "\n");
    run.write(directory + "/wheel", "kept");
    return 0;
  };
  bench.engine().add_image("image", image);
  CHECK(run(bench, "first") == std::vector<std::string>{"there", "empty"});
  bench.restart(options);
  CHECK(run(bench, "second") == std::vector<std::string>{"there", "kept"});
  CHECK(bench.engine().volume_count() == 1);
}

TEST_CASE("each user that images run as has a cache of its own") {
  ImageInfo image;
  CHECK(pip_cache_directory(image).path == "/var/cache/trainyard-pip/root");
  CHECK(pip_cache_directory(image).mode == 0755);
  image.user = "0:0";
  CHECK(pip_cache_directory(image).path == "/var/cache/trainyard-pip/root");
  image.user = "1000:100";
  CHECK(pip_cache_directory(image).path == "/var/cache/trainyard-pip/user-1000");
  CHECK(pip_cache_directory(image).mode == 0777);
  image.user = "../../etc";
  CHECK(pip_cache_directory(image).path == "/var/cache/trainyard-pip/user-______etc");
}

}  // namespace trainyard
