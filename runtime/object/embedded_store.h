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
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/object/embedded_writer.h"
#include "runtime/object/object_files.h"
#include "runtime/object/object_store.h"
#include "runtime/store/object_index.h"
#include "runtime/store/upload_index.h"

namespace trainyard {

struct PutOptions {
  bool durable = false;
  // Computed beside the MD5; kept with the object.
  std::optional<DigestAlgorithm> checksum;
  WriteCondition condition;
};

struct CopyOptions {
  bool durable = false;
  std::optional<ObjectMetadata> metadata;   // instead of the source's
  std::optional<DigestAlgorithm> checksum;  // where the source has another, or none
};

// The checksum that an object of these parts will have; nothing for an upload without an algorithm.
std::optional<ObjectChecksum> checksum_of_parts(const UploadInfo& upload,
                                                const std::vector<PartInfo>& parts);

class EmbeddedReader final : public ObjectReader {
 public:
  EmbeddedReader(StoredObject object, UniqueFd fd)
      : object_(std::move(object)), fd_(std::move(fd)) {}

  const ObjectInfo& info() const override { return object_.info; }
  const std::vector<std::uint64_t>& part_sizes() const { return object_.part_sizes; }
  int fd() const override { return fd_.get(); }
  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  StoredObject object_;
  UniqueFd fd_;
};

class EmbeddedStore final : public ObjectStore {
 public:
  struct Options {
    bool durable = false;  // every commit survives a power cut
  };

  // Makes the directory (0700) where it is missing, its parent not.
  static Result<std::unique_ptr<EmbeddedStore>> open(const std::filesystem::path& directory,
                                                     Clock& clock, Options options);

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
  Result<BucketInfo> bucket(const std::string& name);
  Result<std::vector<BucketInfo>> buckets();  // by name

  // Objects.
  Result<std::unique_ptr<EmbeddedWriter>> put_object(const std::string& bucket,
                                                     const std::string& key,
                                                     const ObjectMetadata& metadata,
                                                     const PutOptions& options);
  Result<std::unique_ptr<EmbeddedReader>> open_object(const std::string& bucket,
                                                      const std::string& key);
  // All in one transaction; keys that do not exist are no error.
  Result<void> remove_all(const std::string& bucket, const std::vector<std::string>& keys);
  // Shares the bytes with the source; the ETag is the source's.
  Result<ObjectInfo> copy(const EmbeddedReader& source, const std::string& bucket,
                          const std::string& key, const CopyOptions& options);

  // Multipart uploads. Everything but create wants bucket, key and id that belong together.
  Result<UploadInfo> create_upload(const std::string& bucket, const std::string& key,
                                   const ObjectMetadata& metadata,
                                   const std::string& checksum_algorithm,
                                   const std::string& checksum_type);
  Result<UploadInfo> upload(const std::string& bucket, const std::string& key,
                            const std::string& id);
  Result<UploadListPage> uploads(const std::string& bucket, const UploadListQuery& query);
  // The part replaces an earlier one of its number when it is committed. Its checksum is of the
  // upload's algorithm, and of `checksum`, if any, only for the comparison.
  Result<std::unique_ptr<EmbeddedWriter>> put_part(const UploadInfo& upload, int number,
                                                   std::optional<DigestAlgorithm> checksum);
  Result<std::vector<PartInfo>> parts(const std::string& upload, int after, std::size_t limit);
  Result<void> abort_upload(const std::string& upload);
  // Puts the parts together, in the order given. They are as `parts` returned them: one that was
  // replaced since is ErrorKind::conflict. The store does not judge order or sizes.
  Result<ObjectInfo> complete_upload(const std::string& bucket, const UploadInfo& upload,
                                     const std::vector<PartInfo>& parts,
                                     const WriteCondition& condition = {});

 private:
  friend class NewFile;
  class Completing;

  EmbeddedStore(Clock& clock, Options options, ObjectFiles files,
                std::unique_ptr<ObjectDatabase> database);

  Result<void> remove_leftovers();
  Result<std::unique_ptr<NewFile>> new_file();
  void remove_files(const FileNames& files);
  Result<void> make_durable(const NewFile& file);
  Result<ObjectInfo> put_row(const std::string& bucket, StoredObject object, NewFile& file,
                             bool durable, const WriteCondition& condition);
  Result<std::string> join_parts(const std::vector<PartInfo>& parts, bool durable);

  Clock& clock_;
  Options options_;
  ObjectFiles files_;

  std::mutex mutex_;  // of what follows
  std::unique_ptr<ObjectDatabase> database_;
  ObjectIndex index_;
  UploadIndex uploads_;
  std::set<std::string> completing_;  // uploads whose parts are being put together
  std::condition_variable completed_;
};

}  // namespace trainyard
