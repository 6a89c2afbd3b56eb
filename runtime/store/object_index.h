#pragma once

// Objects as rows, and their listings. A page costs as much as it holds, however large the bucket:
// keys below a common prefix are leapt over, not read.
//
// One thread at a time: the object store locks. What returns FileNames has taken these byte files
// from their owner: they are to be unlinked and then forgotten (ObjectDatabase::forget).

#include <optional>
#include <string>
#include <vector>

#include "runtime/store/object_database.h"

namespace trainyard {

struct StoredObject {
  ObjectInfo info;
  std::string file;                       // name of the byte file; "" of a delete marker
  std::vector<std::uint64_t> part_sizes;  // of an object that was uploaded in parts
};

// What must hold of the key for it to be written. Where it does not: ErrorKind::already_exists, or
// not_found where an ETag is asked for and there is no object.
struct WriteCondition {
  bool absent = false;              // there is no such object
  std::optional<std::string> etag;  // it is this one
};

struct ObjectRemoval {
  std::string key;
  std::optional<std::string> version{};  // this one for good; else what a plain delete does
  std::optional<std::string> etag{};     // only if it is this object; "*" for any
  Time time{};                           // of a delete marker that is made
};

struct RemovedObject {
  std::string version;            // that was removed, or of the delete marker that was made
  bool delete_marker = false;     // a marker was removed, or made
  bool condition_failed = false;  // nothing was done
  std::optional<Error> error{};   // nothing was done, because of this
};

struct RemovedObjects {
  std::vector<RemovedObject> objects;  // in the order of the removals
  FileNames files;
};

struct VersionListQuery {
  std::string prefix;
  std::string delimiter;
  std::string key_marker;      // keys up to and with this are left out …
  std::string version_marker;  // … but not the key's own versions behind this one, where it is set
  std::size_t limit = 1000;
};

struct ListedVersion {
  ObjectInfo info;  // its version is "null" in a bucket that never had versions
  bool latest = false;
};

struct VersionListPage {
  std::vector<ListedVersion> versions;  // by key, the latest first
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next_key_marker, next_version_marker;
};

class ObjectIndex {
 public:
  explicit ObjectIndex(ObjectDatabase& database) : database_(database) {}

  // All are ErrorKind::not_found when there is no such bucket.
  // The version that is named (possibly a delete marker), or the current one.
  Result<std::optional<StoredObject>> find(const std::string& bucket, const std::string& key,
                                           const std::optional<std::string>& version = {});
  // The delete marker that hides the key, if one does.
  Result<std::optional<ObjectInfo>> delete_marker(const std::string& bucket,
                                                  const std::string& key);
  // The object is told its version.
  Result<FileNames> put(const std::string& bucket, StoredObject& object, bool durable,
                        const WriteCondition& condition = {});
  // In one transaction. Keys and versions that do not exist are no error.
  Result<RemovedObjects> remove(const std::string& bucket,
                                const std::vector<ObjectRemoval>& removals);
  // ErrorKind::not_found also without such a version, conflict for a delete marker.
  Result<ObjectInfo> set_tags(const std::string& bucket, const std::string& key,
                              const std::optional<std::string>& version,
                              const std::map<std::string, std::string>& tags);
  Result<ObjectListPage> list(const std::string& bucket, const ObjectListQuery& query);
  // ErrorKind::invalid_argument for a version marker that cannot have come from here.
  Result<VersionListPage> list_versions(const std::string& bucket, const VersionListQuery& query);

 private:
  ObjectDatabase& database_;
};

// What a listing with a delimiter shows instead of `key`: the key up to and with the first
// delimiter after the prefix. Nothing when the key itself is shown.
std::optional<std::string> common_prefix_of(std::string_view key, std::string_view prefix,
                                            std::string_view delimiter);

// The first key that a listing may show. Nothing when it can show none.
std::optional<std::string> first_key_of_listing(const ObjectListQuery& query);

}  // namespace trainyard
