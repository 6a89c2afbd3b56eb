#pragma once

#include <filesystem>
#include <utility>

#include "runtime/base/result.h"

namespace trainyard::server {

// A directory of ours in the place for temporary files ($TMPDIR, else /tmp), mode 0700; removed
// with all that is in it when this goes.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept
      : path_(std::exchange(other.path_, std::filesystem::path())) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

}  // namespace trainyard::server
