#pragma once

// Multipart uploads that are under way, and their parts, as rows. See object_index.h for who locks
// and what becomes of FileNames.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/store/object_index.h"

namespace trainyard {

struct UploadInfo {
  std::string id;
  std::string key;
  Time initiated{};
  ObjectMetadata metadata;         // of the object to be; empty in listings
  std::string checksum_algorithm;  // "" when none was asked for
  std::string checksum_type;       // FULL_OBJECT or COMPOSITE, with an algorithm
};

struct PartInfo {
  int number = 0;
  std::uint64_t size = 0;
  std::string etag;  // without quotes
  Time last_modified{};
  std::string checksum;  // base64, of the upload's algorithm; "" without one
  std::string file;
};

struct UploadListQuery {
  std::string prefix;
  std::string delimiter;
  std::string key_marker;  // uploads of keys up to and with this are left out …
  std::string id_marker;   // … but not those of the key itself with a larger id, where this is set
  std::size_t limit = 1000;
};

struct UploadListPage {
  std::vector<UploadInfo> uploads;  // by key, then id
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next_key_marker, next_id_marker;
};

class UploadIndex {
 public:
  // So many of those that were completed last are remembered.
  static constexpr std::int64_t most_completed = 10'000;

  explicit UploadIndex(ObjectDatabase& database) : database_(database) {}

  Result<void> create(const std::string& bucket, const UploadInfo& upload);
  // Nothing unless bucket, key and id belong together.
  Result<std::optional<UploadInfo>> find(const std::string& bucket, const std::string& key,
                                         const std::string& id);
  Result<UploadListPage> list(const std::string& bucket, const UploadListQuery& query);

  // ErrorKind::not_found when the upload is gone.
  Result<FileNames> put_part(const std::string& id, const PartInfo& part, bool durable);
  // By number, from the one after `after`.
  Result<std::vector<PartInfo>> parts(const std::string& id, int after, std::size_t limit);
  Result<FileNames> abort(const std::string& id);
  // Ends the upload with `object`, whose file is that of the first of `parts`, and which gets its
  // version here. ErrorKind::conflict when one of the parts was replaced meanwhile.
  Result<FileNames> complete(const std::string& bucket, const std::string& id,
                             const std::vector<PartInfo>& parts, StoredObject& object, bool durable,
                             const WriteCondition& condition = {});
  // The same for an object that is kept elsewhere.
  Result<FileNames> complete_elsewhere(const std::string& bucket, const std::string& id,
                                       const ObjectInfo& object);
  // What such an upload became, also where that was replaced or deleted since. Nothing for one that
  // is not remembered, or of another key.
  Result<std::optional<ObjectInfo>> completed(const std::string& bucket, const std::string& key,
                                              const std::string& id);

 private:
  Result<void> remember(const BucketRow& bucket, const std::string& id, const ObjectInfo& object);
  Result<void> end(ObjectChange& change, const std::string& id, const std::string& kept_file);

  ObjectDatabase& database_;
};

}  // namespace trainyard
