#include "runtime/channel/file_roots.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace trainyard {

using testing::TempDir;
using testing::write_file;

TEST_CASE("file roots admit what lies under them, links and all") {
  const TempDir dir;
  write_file(dir / "root/data/a", "a");
  write_file(dir / "root/100%25/a", "a");
  write_file(dir / "root-beside/secret", "s");
  REQUIRE(::symlink("data", (dir / "root/inside").c_str()) == 0);
  REQUIRE(::symlink("../root-beside", (dir / "root/outside").c_str()) == 0);
  REQUIRE(::symlink("nowhere", (dir / "root/dangling").c_str()) == 0);
  const std::string base = std::filesystem::canonical(dir.path());
  const FileRoots roots({dir / "root/", dir / "missing"});
  const auto kind_of = [&](const std::string& path) { return roots.resolve(path).error().kind; };

  CHECK(roots.resolve(base + "/root/data").value() == base + "/root/data");
  CHECK(roots.resolve(base + "/root").value() == base + "/root");
  CHECK(roots.resolve(base + "/root/").value().string().starts_with(base + "/root"));
  CHECK(roots.resolve(base + "/root/inside/a").value() == base + "/root/data/a");
  CHECK(roots.resolve(base + "/root/data/../data").value() == base + "/root/data");
  CHECK(roots.resolve(base + "/root/100%25/a").value() == base + "/root/100%25/a");
  CHECK(kind_of(base + "/root/100%/a") == ErrorKind::not_found);
  CHECK(kind_of(base + "/root/none") == ErrorKind::not_found);
  CHECK(kind_of(base + "/root/dangling") == ErrorKind::not_found);
  CHECK(kind_of(base + "/root/../root-beside/secret") == ErrorKind::permission_denied);
  CHECK(kind_of(base + "/root/outside/secret") == ErrorKind::permission_denied);
  CHECK(kind_of(base + "/root-beside/secret") == ErrorKind::permission_denied);
  CHECK(kind_of(base + "/root-beside/none") == ErrorKind::permission_denied);
  CHECK(kind_of(base + "/missing/none") == ErrorKind::permission_denied);
  CHECK(kind_of("/") == ErrorKind::permission_denied);
  const auto denied = roots.resolve("/etc/passwd").error().message;
  CHECK(denied.find("/etc/passwd") != std::string::npos);
  CHECK(denied.find("--file-root") != std::string::npos);
}

TEST_CASE("an output directory need not exist yet") {
  const TempDir dir;
  write_file(dir / "root/data/a", "a");
  REQUIRE(::mkdir((dir / "other").c_str(), 0755) == 0);
  REQUIRE(::symlink("../other", (dir / "root/outside").c_str()) == 0);
  const std::string base = std::filesystem::canonical(dir.path());
  const FileRoots roots({dir / "root"});
  CHECK(roots.resolve_output(base + "/root/out/put").value() == base + "/root/out/put");
  CHECK(roots.resolve_output(base + "/root/out/").value() == base + "/root/out");
  CHECK(roots.resolve_output(base + "/root/data").value() == base + "/root/data");
  CHECK_FALSE(roots.resolve_output(base + "/root/outside/out"));
  CHECK_FALSE(roots.resolve_output(base + "/root/none/../../other/out"));
  CHECK_FALSE(roots.resolve_output(base + "/other/out"));
  CHECK_FALSE(roots.resolve_output("/nowhere/at/all"));
  CHECK_FALSE(roots.resolve_output(base + "/root/data/a/below-a-file"));
}

TEST_CASE("the whole machine as a root") {
  const FileRoots roots({"/"});
  CHECK(roots.resolve("/etc/passwd"));
  CHECK(roots.resolve_output("/nowhere/at/all").value() == "/nowhere/at/all");
}

}  // namespace trainyard
