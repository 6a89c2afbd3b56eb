#pragma once

// A local directory that is served as a bucket. Each object is the file that its key names, as
// DirectoryStore keeps it: nothing leads out of the directory, and a key that cannot be a file is
// ErrorKind::invalid_argument to write and not_found to read.
//
// What a file has no room for (metadata, tags, checksums, the MD5) is remembered in the embedded
// store, in a bucket of its own that nobody sees, as are settings and uploads under way. It counts
// only as long as the file is the one that was written; a file that came or changed otherwise has
// an opaque ETag made of its inode, time and size: no listing ever reads files to hash them. Such
// an ETag has dashes in it, which tells clients that it is no MD5.
//
// Objects survive a power cut where those of the embedded store do.
//
// There are no versions. All members may be called from any thread; the embedded store must outlive
// this.

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/object/bucket_store.h"
#include "runtime/object/directory_store.h"
#include "runtime/object/embedded_store.h"

namespace trainyard {

class DirectoryBucket final : public BucketStore {
 public:
  static Result<std::unique_ptr<DirectoryBucket>> open(const std::string& name,
                                                       const std::filesystem::path& directory,
                                                       EmbeddedStore& home);

  Result<bool> has_bucket(const std::string& bucket) override;
  Result<std::unique_ptr<ObjectWriter>> put(const std::string& bucket, const std::string& key,
                                            const ObjectMetadata& metadata, bool durable) override;
  Result<std::unique_ptr<ObjectReader>> open(const std::string& bucket,
                                             const std::string& key) override;
  Result<ObjectInfo> head(const std::string& bucket, const std::string& key) override;
  Result<void> remove(const std::string& bucket, const std::string& key) override;
  Result<ObjectListPage> list(const std::string& bucket, const ObjectListQuery& query) override;

  Result<Versioning> versioning(const std::string& bucket) override;
  Result<void> set_versioning(const std::string& bucket, Versioning versioning) override;
  Result<std::optional<std::string>> setting(const std::string& bucket,
                                             const std::string& name) override;
  Result<void> set_setting(const std::string& bucket, const std::string& name,
                           const std::optional<std::string>& value) override;

  Result<std::unique_ptr<BodyWriter>> put_object(const std::string& bucket, const std::string& key,
                                                 const ObjectMetadata& metadata,
                                                 const PutOptions& options) override;
  Result<ObjectInfo> describe(const std::string& bucket, const std::string& key,
                              const std::optional<std::string>& version) override;
  Result<std::unique_ptr<BucketReader>> open_object(
      const std::string& bucket, const std::string& key,
      const std::optional<std::string>& version = {}) override;
  Result<std::optional<ObjectInfo>> delete_marker(
      const std::string& bucket, const std::string& key,
      const std::optional<std::string>& version) override;
  Result<std::vector<RemovedObject>> remove_all(const std::string& bucket,
                                                std::vector<ObjectRemoval> removals) override;
  Result<ObjectInfo> set_tags(const std::string& bucket, const std::string& key,
                              const std::optional<std::string>& version,
                              const std::map<std::string, std::string>& tags) override;
  Result<VersionListPage> list_versions(const std::string& bucket,
                                        const VersionListQuery& query) override;
  Result<ObjectInfo> copy(const BucketReader& source, const std::string& bucket,
                          const std::string& key, const CopyOptions& options) override;

  Result<UploadInfo> create_upload(const std::string& bucket, const std::string& key,
                                   const ObjectMetadata& metadata,
                                   const std::string& checksum_algorithm,
                                   const std::string& checksum_type) override;
  Result<UploadInfo> upload(const std::string& bucket, const std::string& key,
                            const std::string& id) override;
  Result<UploadListPage> uploads(const std::string& bucket, const UploadListQuery& query) override;
  Result<std::unique_ptr<BodyWriter>> put_part(const UploadInfo& upload, int number,
                                               std::set<DigestAlgorithm> compared) override;
  Result<std::vector<PartInfo>> parts(const std::string& upload, int after,
                                      std::size_t limit) override;
  Result<void> abort_upload(const std::string& upload) override;
  Result<ObjectInfo> complete_upload(const std::string& bucket, const UploadInfo& upload,
                                     const std::vector<PartInfo>& parts,
                                     const WriteCondition& condition = {}) override;
  Result<std::optional<ObjectInfo>> completed_upload(const std::string& bucket,
                                                     const std::string& key,
                                                     const std::string& id) override;

 private:
  class Writer;

  DirectoryBucket(std::string shadow, std::unique_ptr<DirectoryStore> files, EmbeddedStore& home)
      : shadow_(std::move(shadow)), files_(std::move(files)), home_(home) {}

  Result<std::unique_ptr<ObjectWriter>> make_file(const std::string& bucket, const std::string& key,
                                                  const ObjectMetadata& metadata, bool durable);
  // What is remembered of the file, or else what can be seen of it.
  Result<StoredObject> known(ObjectInfo seen);
  Result<void> check(const WriteCondition& condition, const std::string& key);
  // Puts the file in its place, where the condition allows it, and remembers `object`.
  Result<ObjectInfo> commit(ObjectWriter& file, StoredObject object,
                            const WriteCondition& condition);
  Result<ObjectInfo> join_parts(const std::string& bucket, const UploadInfo& upload,
                                const std::vector<PartInfo>& parts,
                                const WriteCondition& condition);

  const std::string shadow_;  // the name of its own bucket in `home_`
  const std::unique_ptr<DirectoryStore> files_;
  EmbeddedStore& home_;
  std::mutex committing_;  // from the look at what is there to its replacement
};

}  // namespace trainyard
