#pragma once

// All buckets that there are: those of the embedded store, and directories that are served as one.
// To jobs it is one store; S3 asks for the store of the bucket that a request names.
//
// All members may be called from any thread.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/object/directory_bucket.h"

namespace trainyard {

class Buckets final : public ObjectStore {
 public:
  explicit Buckets(EmbeddedStore& embedded) : embedded_(embedded) {}

  // Before there are other threads. ErrorKind::conflict when the embedded store has a bucket of
  // that name, whose objects would be hidden.
  Result<void> add_directory(const std::string& name, const std::filesystem::path& directory);

  // The store that has the bucket, or would tell that there is none.
  BucketStore& store_of(const std::string& bucket);

  Result<std::vector<BucketInfo>> all();                // by name
  Result<void> create_bucket(const std::string& name);  // or ErrorKind::already_exists
  // ErrorKind::unsupported for a directory; conflict for one that holds objects.
  Result<void> delete_bucket(const std::string& name);

  Result<bool> has_bucket(const std::string& bucket) override;
  Result<std::unique_ptr<ObjectWriter>> put(const std::string& bucket, const std::string& key,
                                            const ObjectMetadata& metadata, bool durable) override;
  Result<std::unique_ptr<ObjectReader>> open(const std::string& bucket,
                                             const std::string& key) override;
  Result<ObjectInfo> head(const std::string& bucket, const std::string& key) override;
  Result<void> remove(const std::string& bucket, const std::string& key) override;
  Result<ObjectListPage> list(const std::string& bucket, const ObjectListQuery& query) override;

 private:
  EmbeddedStore& embedded_;
  std::map<std::string, std::unique_ptr<DirectoryBucket>> directories_;
};

}  // namespace trainyard
