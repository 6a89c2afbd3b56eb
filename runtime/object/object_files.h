#pragma once

// The byte files of the embedded store: `<root>/<first two letters>/<name>`. Names are random and
// say nothing about keys. Files are 0666 in 0777 directories, whatever the umask: hard links of
// them become the lower layer of a container's file system, where the user of the image must be
// able to make its private copy. What protects them is the store's own directory above, which is
// 0700.
//
// All members may be called from any thread.

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include "runtime/base/result.h"
#include "runtime/base/stream.h"
#include "runtime/base/unique_fd.h"

namespace trainyard {

class ObjectFiles {
 public:
  // Makes the directory where it is missing.
  static Result<ObjectFiles> open(const std::filesystem::path& root);

  static std::string new_name();

  // A new file, open for writing and reading.
  Result<UniqueFd> create(const std::string& name) const;
  Result<UniqueFd> open_for_reading(const std::string& name) const;
  Result<UniqueFd> open_for_writing(const std::string& name) const;
  // A new name for the bytes behind an open file: a hard link, or a copy where that cannot be.
  Result<void> duplicate(int fd, std::uint64_t size, const std::string& name,
                         const std::stop_token& stop = {}) const;
  // Success when it does not exist.
  Result<void> remove(const std::string& name) const;
  // After this the file (but not yet its content) survives a power cut.
  Result<void> sync_directory(const std::string& name) const;

 private:
  explicit ObjectFiles(UniqueFd root) : root_(std::move(root)) {}

  Result<void> make_directory(const std::string& name) const;

  UniqueFd root_;
};

// Moves `length` bytes at `offset` of one file to the end of another, inside the kernel where it
// can. cancelled when `stop` is requested before that is done.
Result<void> append_file_range(int from, std::uint64_t offset, std::uint64_t length, int to,
                               std::uint64_t at, const std::stop_token& stop = {});

// Why what is being written to a store fails when that is being stopped.
tl::unexpected<Error> stopped_writing();

// Reads a part of an open file, which it does not own, without moving its position.
class FileRangeSource final : public ByteSource {
 public:
  FileRangeSource(int fd, std::uint64_t offset, std::uint64_t length)
      : fd_(fd), offset_(offset), left_(length) {}
  // A file that is shorter than promised is ErrorKind::data_corrupt.
  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  int fd_;
  std::uint64_t offset_, left_;
};

// The content of the file survives a power cut.
Result<void> sync_file(int fd);

}  // namespace trainyard
