#pragma once

// Buckets and objects as rows, and their listing. A page costs as much as it holds, however large
// the bucket: keys below a common prefix are leapt over, not read.
//
// One thread at a time: the object store locks. What returns FileNames has taken these byte files
// from their owner: they are to be unlinked and then forgotten (ObjectDatabase::forget).

#include <optional>
#include <string>
#include <vector>

#include "runtime/store/object_database.h"

namespace trainyard {

struct BucketInfo {
  std::string name;
  Time created{};
};

struct StoredObject {
  ObjectInfo info;
  std::string file;                       // name of the byte file
  std::vector<std::uint64_t> part_sizes;  // of an object that was uploaded in parts
};

// What must hold of the key for it to be written. Where it does not: ErrorKind::already_exists, or
// not_found where an ETag is asked for and there is no object.
struct WriteCondition {
  bool absent = false;              // there is no such object
  std::optional<std::string> etag;  // it is this one
};

class ObjectIndex {
 public:
  explicit ObjectIndex(ObjectDatabase& database) : database_(database) {}

  Result<void> create_bucket(const BucketInfo& bucket);  // or ErrorKind::already_exists
  // ErrorKind::conflict when it holds objects. Its unfinished uploads go with it.
  Result<FileNames> delete_bucket(const std::string& name);
  Result<std::optional<BucketInfo>> bucket(const std::string& name);
  Result<std::vector<BucketInfo>> buckets();  // by name

  // These are ErrorKind::not_found when there is no such bucket.
  Result<std::optional<StoredObject>> find(const std::string& bucket, const std::string& key);
  Result<FileNames> put(const std::string& bucket, const StoredObject& object, bool durable,
                        const WriteCondition& condition = {});
  Result<FileNames> remove(const std::string& bucket, const std::vector<std::string>& keys);
  Result<ObjectListPage> list(const std::string& bucket, const ObjectListQuery& query);

 private:
  ObjectDatabase& database_;
};

// Inside a change of the caller's: puts the row, and discards the file of the one it replaces.
Result<void> put_object_row(ObjectDatabase& database, ObjectChange& change, std::int64_t bucket,
                            const StoredObject& object, const WriteCondition& condition);

// What a listing with a delimiter shows instead of `key`: the key up to and with the first
// delimiter after the prefix. Nothing when the key itself is shown.
std::optional<std::string> common_prefix_of(std::string_view key, std::string_view prefix,
                                            std::string_view delimiter);

// The first key that a listing may show. Nothing when it can show none.
std::optional<std::string> first_key_of_listing(const ObjectListQuery& query);

}  // namespace trainyard
