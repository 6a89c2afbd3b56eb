#pragma once

#include <string>

#include <sys/types.h>

#include "runtime/engine/container_engine.h"
#include "tests/support/temp_dir.h"

namespace trainyard::testing {

// Debian's docker-registry on a free port of 127.0.0.1, which the Engine trusts without TLS. Wants
// the login user/secret. Ends with this object.
class LocalRegistry {
 public:
  static bool available();
  LocalRegistry();
  ~LocalRegistry();
  LocalRegistry(const LocalRegistry&) = delete;
  LocalRegistry& operator=(const LocalRegistry&) = delete;

  // "127.0.0.1:PORT"
  std::string host() const;
  RegistryLogin login() const;
  // Tags a local image as HOST/`name`:1, pushes it and removes the tag. Returns the reference.
  std::string push(const std::string& image, const std::string& name);

 private:
  TempDir directory_;
  unsigned port_ = 0;
  pid_t process_ = -1;
};

}  // namespace trainyard::testing
