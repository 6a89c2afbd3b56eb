#pragma once

// The door over a local directory, for `file://` places: the key is the path below the root. A key
// that is no plain relative path (empty, absolute, with "." or "..", empty components or NUL) is
// ErrorKind::invalid_argument. No symbolic link below the root is ever followed: one in the way of
// a key is ErrorKind::permission_denied, and listings pass it by, like everything that is no file.
// A directory that the process may not read fails a listing, unless the query leaves it out.
//
// Buckets do not exist: any name will do. Metadata and checksums are not kept; the ETag is made
// from inode, time and size. Files get the usual modes of the process. Listing reads whole
// directories, so a page costs as much as the directories it touches.
//
// All members may be called from any thread.

#include <filesystem>
#include <memory>
#include <string>

#include "runtime/base/unique_fd.h"
#include "runtime/object/object_store.h"

namespace trainyard {

class DirectoryStore final : public ObjectStore {
 public:
  // The root may be reached through links; it has to exist.
  static Result<std::unique_ptr<DirectoryStore>> open(const std::filesystem::path& root);

  Result<bool> has_bucket(const std::string& bucket) override;
  Result<std::unique_ptr<ObjectWriter>> put(const std::string& bucket, const std::string& key,
                                            const ObjectMetadata& metadata, bool durable) override;
  Result<std::unique_ptr<ObjectReader>> open(const std::string& bucket,
                                             const std::string& key) override;
  Result<ObjectInfo> head(const std::string& bucket, const std::string& key) override;
  Result<void> remove(const std::string& bucket, const std::string& key) override;
  Result<ObjectListPage> list(const std::string& bucket, const ObjectListQuery& query) override;

 private:
  DirectoryStore(UniqueFd root, std::filesystem::path path)
      : root_(std::move(root)), path_(std::move(path)) {}
  // The root itself, or, where that was removed, what is there now.
  Result<UniqueFd> root() const;

  const UniqueFd root_;
  const std::filesystem::path path_;
};

}  // namespace trainyard
