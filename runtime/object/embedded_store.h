#pragma once

// The object store that needs nothing else: bytes in files under opaque names, keys in an ordered
// index (DIRECTORY/objects.db beside DIRECTORY/data). A key is never a path.
//
// An object whose commit returned survives the end of the process at any moment; one committed
// `durable`, or by a store with that option, also a power cut. What an interrupted writer leaves
// behind is removed at the next open. One process at a time: whoever opens the store holds the lock
// of the data directory.
//
// All members may be called from any thread. Writers and readers belong to one thread at a time and
// must not outlive the store. A missing bucket, object or upload is ErrorKind::not_found.

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/object/bucket_store.h"
#include "runtime/object/embedded_writer.h"
#include "runtime/object/object_files.h"
#include "runtime/store/file_index.h"

namespace trainyard {

class EmbeddedReader final : public BucketReader {
 public:
  EmbeddedReader(StoredObject object, UniqueFd fd)
      : object_(std::move(object)), fd_(std::move(fd)) {}

  const ObjectInfo& info() const override { return object_.info; }
  const std::vector<std::uint64_t>& part_sizes() const override { return object_.part_sizes; }
  int fd() const override { return fd_.get(); }
  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  StoredObject object_;
  UniqueFd fd_;
};

class EmbeddedStore final : public BucketStore {
 public:
  // No bucket of S3 can be named so; what is kept for other stores is in buckets that are.
  static constexpr std::string_view hidden_prefix = "directory:";

  struct Options {
    bool durable = false;    // every commit survives a power cut
    std::stop_token stop{};  // once it is requested, what is being written fails: cancelled
  };

  // Makes the directory (0700) where it is missing, its parent not.
  static Result<std::unique_ptr<EmbeddedStore>> open(const std::filesystem::path& directory,
                                                     Clock& clock, Options options);

  // Any thread.
  bool is_durable() const { return options_.durable; }
  std::stop_token stop_token() const { return options_.stop; }

  // The door.
  Result<bool> has_bucket(const std::string& bucket) override;
  Result<std::unique_ptr<ObjectWriter>> put(const std::string& bucket, const std::string& key,
                                            const ObjectMetadata& metadata, bool durable) override;
  Result<std::unique_ptr<ObjectReader>> open(const std::string& bucket,
                                             const std::string& key) override;
  Result<ObjectInfo> head(const std::string& bucket, const std::string& key) override;
  Result<void> remove(const std::string& bucket, const std::string& key) override;
  Result<ObjectListPage> list(const std::string& bucket, const ObjectListQuery& query) override;

  // Buckets.
  Result<void> create_bucket(const std::string& name);  // or ErrorKind::already_exists
  // ErrorKind::conflict while it holds objects. Unfinished uploads go with it.
  Result<void> delete_bucket(const std::string& name);
  Result<std::vector<BucketInfo>> buckets();  // by name, hidden ones too
  // Every bucket with all it holds; of hidden ones only settings and uploads. What is being written
  // at that time fails.
  Result<void> clear();

  // The door to buckets.
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
  // All in one transaction.
  Result<std::vector<RemovedObject>> remove_all(const std::string& bucket,
                                                std::vector<ObjectRemoval> removals) override;
  Result<ObjectInfo> set_tags(const std::string& bucket, const std::string& key,
                              const std::optional<std::string>& version,
                              const std::map<std::string, std::string>& tags) override;
  Result<VersionListPage> list_versions(const std::string& bucket,
                                        const VersionListQuery& query) override;
  // Shares the bytes with a source of this store; the ETag is then the source's.
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

  // For a store that keeps its objects elsewhere, and here what belongs to them. `identity` is that
  // of a file's content.
  Result<std::optional<StoredObject>> known_file(const std::string& bucket, const std::string& key,
                                                 const std::string& identity);
  Result<void> remember_file(const std::string& bucket, const std::string& identity,
                             const StoredObject& object);
  Result<void> forget_file(const std::string& bucket, const std::string& key);
  // Ends the upload; what it became is what `make` returns. Nobody else completes or aborts it
  // meanwhile: who tries waits. Where it is gone already, nothing is made.
  Result<ObjectInfo> complete_elsewhere(const std::string& bucket, const UploadInfo& upload,
                                        const std::function<Result<ObjectInfo>()>& make);
  // A part's bytes; ErrorKind::conflict when it was replaced.
  Result<UniqueFd> open_part(const PartInfo& part);

 private:
  friend class NewFile;
  class Completing;

  EmbeddedStore(Clock& clock, Options options, ObjectFiles files,
                std::unique_ptr<ObjectDatabase> database);

  Result<void> remove_leftovers();
  // Under the lock.
  Result<StoredObject> find(const std::string& bucket, const std::string& key,
                            const std::optional<std::string>& version);
  Result<std::unique_ptr<NewFile>> new_file();
  void remove_files(const FileNames& files);
  Result<void> make_durable(const NewFile& file);
  // How often the store was cleared until now; not_found without such a bucket.
  Result<std::uint64_t> era_of(const std::string& bucket);
  // Only in the era in which the writing began.
  Result<ObjectInfo> put_row(const std::string& bucket, std::uint64_t era, StoredObject object,
                             NewFile& file, bool durable, const WriteCondition& condition);
  Result<std::string> join_parts(const std::vector<PartInfo>& parts, bool durable);

  Clock& clock_;
  Options options_;
  ObjectFiles files_;

  std::mutex mutex_;  // of what follows
  std::unique_ptr<ObjectDatabase> database_;
  BucketIndex buckets_;
  ObjectIndex index_;
  UploadIndex uploads_;
  FileIndex known_files_;
  std::uint64_t clears_ = 0;
  std::set<std::string> completing_;  // uploads whose parts are being put together
  std::condition_variable completed_;
};

}  // namespace trainyard
