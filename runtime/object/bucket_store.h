#pragma once

// The door to buckets: what S3 itself needs beyond reading and writing objects. The embedded store
// and a directory that is served as a bucket stand behind it and pass the same contract tests; what
// one of them cannot do is ErrorKind::unsupported.
//
// All members may be called from any thread. Writers and readers belong to one thread at a time and
// must not outlive the store. A missing bucket, object or upload is ErrorKind::not_found.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/object/digest.h"
#include "runtime/object/object_store.h"
#include "runtime/store/bucket_index.h"
#include "runtime/store/object_index.h"
#include "runtime/store/upload_index.h"

namespace trainyard {

struct BodyDigests {
  std::uint64_t size = 0;
  std::map<DigestAlgorithm, std::string> raw;  // MD5 is always among them
};

class BodyWriter : public ObjectWriter {
 public:
  // Ends the body. To be compared with what the sender claims, before the commit.
  virtual const BodyDigests& finish() = 0;
};

// Its `fd` is always a file.
class BucketReader : public ObjectReader {
 public:
  // Of an object that was uploaded in parts; else empty.
  virtual const std::vector<std::uint64_t>& part_sizes() const = 0;
};

struct PutOptions {
  bool durable = false;
  std::optional<DigestAlgorithm> checksum;  // computed beside the MD5; kept with the object
  std::set<DigestAlgorithm> compared;       // computed too, only for the comparison
  WriteCondition condition;
};

struct CopyOptions {
  bool durable = false;
  ObjectMetadata metadata;
  WriteCondition condition;
  std::optional<DigestAlgorithm> checksum;  // where the source has another, or none
};

class BucketStore : public ObjectStore {
 public:
  // The bucket as a whole.
  virtual Result<Versioning> versioning(const std::string& bucket) = 0;
  virtual Result<void> set_versioning(const std::string& bucket, Versioning versioning) = 0;
  // Texts that are kept with the bucket.
  virtual Result<std::optional<std::string>> setting(const std::string& bucket,
                                                     const std::string& name) = 0;
  virtual Result<void> set_setting(const std::string& bucket, const std::string& name,
                                   const std::optional<std::string>& value) = 0;

  // Objects.
  virtual Result<std::unique_ptr<BodyWriter>> put_object(const std::string& bucket,
                                                         const std::string& key,
                                                         const ObjectMetadata& metadata,
                                                         const PutOptions& options) = 0;
  // A named version that is a delete marker is ErrorKind::conflict.
  virtual Result<ObjectInfo> describe(const std::string& bucket, const std::string& key,
                                      const std::optional<std::string>& version) = 0;
  virtual Result<std::unique_ptr<BucketReader>> open_object(
      const std::string& bucket, const std::string& key,
      const std::optional<std::string>& version = {}) = 0;
  // The named version, where it is a delete marker; without a name, the delete marker that hides
  // the key. Nothing where there is none.
  virtual Result<std::optional<ObjectInfo>> delete_marker(
      const std::string& bucket, const std::string& key,
      const std::optional<std::string>& version) = 0;
  // Keys and versions that do not exist are no error, and where one cannot be removed the others
  // are. What became of each, in order.
  virtual Result<std::vector<RemovedObject>> remove_all(const std::string& bucket,
                                                        std::vector<ObjectRemoval> removals) = 0;
  // ErrorKind::conflict for a delete marker.
  virtual Result<ObjectInfo> set_tags(const std::string& bucket, const std::string& key,
                                      const std::optional<std::string>& version,
                                      const std::map<std::string, std::string>& tags) = 0;
  virtual Result<VersionListPage> list_versions(const std::string& bucket,
                                                const VersionListQuery& query) = 0;
  // The source may be of another store.
  virtual Result<ObjectInfo> copy(const BucketReader& source, const std::string& bucket,
                                  const std::string& key, const CopyOptions& options) = 0;

  // Multipart uploads. Everything but create wants bucket, key and id that belong together.
  virtual Result<UploadInfo> create_upload(const std::string& bucket, const std::string& key,
                                           const ObjectMetadata& metadata,
                                           const std::string& checksum_algorithm,
                                           const std::string& checksum_type) = 0;
  virtual Result<UploadInfo> upload(const std::string& bucket, const std::string& key,
                                    const std::string& id) = 0;
  virtual Result<UploadListPage> uploads(const std::string& bucket,
                                         const UploadListQuery& query) = 0;
  // The part replaces an earlier one of its number when it is committed. Its checksum is of the
  // upload's algorithm; `compared` are computed too, only for the comparison.
  virtual Result<std::unique_ptr<BodyWriter>> put_part(const UploadInfo& upload, int number,
                                                       std::set<DigestAlgorithm> compared) = 0;
  virtual Result<std::vector<PartInfo>> parts(const std::string& upload, int after,
                                              std::size_t limit) = 0;
  virtual Result<void> abort_upload(const std::string& upload) = 0;
  // Puts the parts together, in the order given. They are as `parts` returned them: one that was
  // replaced since is ErrorKind::conflict. The store does not judge order or sizes. Of several who
  // complete one upload one does it, and the others then find it gone.
  virtual Result<ObjectInfo> complete_upload(const std::string& bucket, const UploadInfo& upload,
                                             const std::vector<PartInfo>& parts,
                                             const WriteCondition& condition = {}) = 0;
  // What an upload became that was completed not long ago, also where that was replaced since;
  // nothing where it is not remembered.
  virtual Result<std::optional<ObjectInfo>> completed_upload(const std::string& bucket,
                                                             const std::string& key,
                                                             const std::string& id) = 0;
};

// S3's ETag of an object that was uploaded in parts: the MD5 of the parts' MD5s, and their number.
std::string etag_of_parts(const std::vector<PartInfo>& parts);

// The checksum that an object of these parts will have; nothing for an upload without an algorithm.
std::optional<ObjectChecksum> checksum_of_parts(const UploadInfo& upload,
                                                const std::vector<PartInfo>& parts);

ObjectChecksum full_object_checksum(DigestAlgorithm algorithm, std::string_view raw);

// A copy byte by byte, where source and target share nothing.
Result<ObjectInfo> copy_bytes(BucketStore& to, const BucketReader& source,
                              const std::string& bucket, const std::string& key,
                              const CopyOptions& options);

}  // namespace trainyard
