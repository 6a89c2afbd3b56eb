#include "tests/support/engine_image.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

#include "tests/support/fake_tree.h"
#include "tests/support/temp_dir.h"

namespace trainyard::testing {
namespace {

constexpr const char* applets[] = {"sh", "cat",      "cp",     "echo",  "head", "kill",
                                   "ls", "nslookup", "printf", "sleep", "tr",   "yes",
                                   "nc", "ln",       "mkfifo", "id"};

std::string image_tar() {
  FakeTree tree;
  FakeFile busybox;
  busybox.content = read_file("/bin/busybox");
  busybox.mode = 0755;
  add_file(tree, "bin/busybox", busybox);
  for (const char* applet : applets) {
    add_file(tree, fmt::format("bin/{}", applet), fake_symlink("busybox"));
  }
  add_file(tree, "tmp", fake_directory(01777));
  FakeFile passwd;
  passwd.content = "root:x:0:0:root:/:/bin/sh\n";
  add_file(tree, "etc/passwd", passwd);
  return make_tar(tree);
}

}  // namespace

bool real_engine_wanted() {
  const char* wanted = std::getenv("TRAINYARD_TEST_ENGINE");
  return wanted != nullptr && std::string(wanted) == "1";
}

EngineEndpoint real_engine_endpoint() {
  return choose_endpoint("", EndpointSurroundings::real()).value();
}

std::string unique_prefix() {
  static std::atomic<unsigned> number = 0;
  return fmt::format("trainyard-test-{}-{}-", ::getpid(), number++);
}

ShellImage::ShellImage(const EngineEndpoint& endpoint)
    : client_(endpoint), reference_(unique_prefix() + "shell:1") {
  HttpRequest request;
  request.method = "POST";
  request.target = fmt::format("/images/create?fromSrc=-&repo={}&tag=1",
                               reference_.substr(0, reference_.size() - 2));
  request.content_type = "application/x-tar";
  const BodyProducer body = [](ByteSink& sink) { return sink.write(as_bytes(image_tar())); };
  auto reply = client_.stream(request, &body, std::chrono::seconds(60), {});
  const std::string text = reply ? (*reply)->read_text(1 << 20) : reply.error().message;
  if (!reply || !(*reply)->ok()) throw std::runtime_error("no test image: " + text);
}

ShellImage::~ShellImage() {
  HttpRequest request;
  request.method = "DELETE";
  request.target = "/images/" + reference_ + "?force=1";
  (void)client_.call(request);
}

}  // namespace trainyard::testing
