#pragma once

#include <memory>
#include <string>

#include "runtime/engine/docker/docker_client.h"
#include "runtime/engine/endpoint.h"

namespace trainyard::testing {

// Whether tests may use the machine's Docker Engine: TRAINYARD_TEST_ENGINE=1 is set.
bool real_engine_wanted();
// DOCKER_HOST or the usual socket.
EngineEndpoint real_engine_endpoint();
// A name that nobody else on the machine uses: "trainyard-test-<pid>-<number>-".
std::string unique_prefix();

// A small image with a shell, made of Debian's static busybox without any registry; removed with
// this object.
class ShellImage {
 public:
  explicit ShellImage(const EngineEndpoint& endpoint);
  ~ShellImage();
  ShellImage(const ShellImage&) = delete;
  ShellImage& operator=(const ShellImage&) = delete;

  const std::string& reference() const { return reference_; }

 private:
  DockerClient client_;
  std::string reference_;
};

}  // namespace trainyard::testing
