#pragma once

#include <filesystem>
#include <string>

namespace trainyard::testing {

// A directory of its own for one test, removed with everything in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Whole content of a file; writes one, with its parent directories.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view content);

// Permission bits, those of set-id and sticky included; of a link itself.
unsigned mode_of(const std::filesystem::path& path);

}  // namespace trainyard::testing
