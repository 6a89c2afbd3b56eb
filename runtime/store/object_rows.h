#pragma once

// Single rows of objects, inside a change of the caller's: the current version of a key, those
// before it, and delete markers. What a write keeps of what it replaces is decided here.

#include <optional>
#include <string>

#include "runtime/store/object_index.h"

namespace trainyard {

// The version that is named, or else the current one. A delete marker is given as such where it is
// named; nothing when there is no such version or it is a marker that is current.
Result<std::optional<StoredObject>> find_object_row(ObjectDatabase& database,
                                                    const BucketRow& bucket, const std::string& key,
                                                    const std::optional<std::string>& version);

// The delete marker that hides the key, if one does.
Result<std::optional<ObjectInfo>> current_delete_marker(ObjectDatabase& database,
                                                        const BucketRow& bucket,
                                                        const std::string& key);

// Makes the object the current version, and says in `object` which version that is.
Result<void> put_object_row(ObjectDatabase& database, ObjectChange& change, const BucketRow& bucket,
                            StoredObject& object, const WriteCondition& condition);

Result<RemovedObject> remove_object_row(ObjectDatabase& database, ObjectChange& change,
                                        const BucketRow& bucket, const ObjectRemoval& removal);

Result<void> set_row_tags(ObjectDatabase& database, const BucketRow& bucket,
                          const StoredObject& object);

// The columns key, size, etag, modified, checksum_algorithm, checksum_value, checksum_type, from
// the first on.
ObjectInfo read_object_info(const Query& row);

}  // namespace trainyard
