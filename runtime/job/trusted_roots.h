#pragma once

// Certificates that every container trusts beside what it trusts anyway (--job-ca): the roots of
// its own image, or of this machine where the image has none, and the added ones in one file, which
// the usual programs are told of by environment. They all take one file instead of their own.

#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "runtime/base/result.h"
#include "runtime/engine/container_engine.h"

namespace trainyard {

// Where the file lies in a container.
inline constexpr char trusted_roots_path[] = "/etc/trainyard/ca-bundle.pem";

// The variables that name it.
std::map<std::string, std::string> trusted_roots_environment();

// Any thread.
class TrustedRoots {
 public:
  // `added` is PEM; empty: there is nothing to add. `machine_root` is where this machine's own
  // roots are looked for, "/" but in tests.
  TrustedRoots(ContainerEngine& engine, std::string added, std::string machine_root = "/");

  bool wanted() const { return !added_.empty(); }

  // The file's content for a container of that image, which exists and has not been started. An
  // image is looked at once.
  Result<std::string> bundle(const std::string& image_id, const std::string& container,
                             std::stop_token stop);

 private:
  Result<std::string> roots_of(const std::string& container, std::stop_token stop);

  ContainerEngine& engine_;
  const std::string added_;
  const std::string machine_root_;
  std::mutex mutex_;
  std::map<std::string, std::string> bundles_;  // by image
};

}  // namespace trainyard
