#include "runtime/store/object_rows.h"

#include "runtime/store/version_id.h"

namespace trainyard {

namespace {

// Of a statement that has, after the columns of read_object_info: version, file, part_sizes,
// metadata.
Result<std::optional<StoredObject>> read_object(Query& query, const BucketRow& bucket) {
  TRY(const bool found, query.step());
  if (!found) return std::nullopt;
  StoredObject object;
  object.info = read_object_info(query);
  object.info.delete_marker = query.is_null(8);
  if (bucket.versioning != Versioning::off) object.info.version = query.text(7);
  object.file = query.text(8);
  object.part_sizes = decode_part_sizes(query.view(9));
  object.info.metadata = decode_metadata(query.view(10));
  return object;
}

Result<std::int64_t> next_sequence(ObjectDatabase& database, const BucketRow& bucket) {
  TRY(Statement * update,
      database.sql("UPDATE bucket SET sequence = sequence + 1 WHERE id = ? RETURNING sequence"));
  Query query = update->use();
  TRY(const bool found, query.bind(bucket.id).step());
  if (!found) return failure(ErrorKind::not_found, "the bucket does not exist");
  const std::int64_t sequence = query.integer(0);
  TRY_VOID(query.run());
  return sequence;
}

// Moves the current version, if there is one, to those before it.
Result<void> retire(ObjectDatabase& database, const BucketRow& bucket, const std::string& key) {
  TRY(Statement * copy,
      database.sql("INSERT INTO noncurrent(bucket, key, sequence, version, modified, file, size, "
                   "etag, checksum_algorithm, checksum_value, checksum_type, part_sizes, metadata) "
                   "SELECT bucket, key, sequence, version, modified, file, size, etag, "
                   "checksum_algorithm, checksum_value, checksum_type, part_sizes, metadata "
                   "FROM object WHERE bucket = ? AND key = ?"));
  TRY_VOID(copy->use().bind(bucket.id).bind(Blob{key}).run());
  TRY(Statement * remove, database.sql("DELETE FROM object WHERE bucket = ? AND key = ?"));
  return remove->use().bind(bucket.id).bind(Blob{key}).run();
}

// The other way: where no version is current, the latest becomes it, unless that is a marker.
Result<void> promote(ObjectDatabase& database, const BucketRow& bucket, const std::string& key) {
  TRY(Statement * copy,
      database.sql("INSERT OR IGNORE INTO object(bucket, key, sequence, version, modified, file, "
                   "size, etag, checksum_algorithm, checksum_value, checksum_type, part_sizes, "
                   "metadata) "
                   "SELECT bucket, key, sequence, version, modified, file, size, etag, "
                   "checksum_algorithm, checksum_value, checksum_type, part_sizes, metadata "
                   "FROM noncurrent AS latest WHERE bucket = ?1 AND key = ?2 AND file IS NOT NULL "
                   "AND sequence = (SELECT max(sequence) FROM noncurrent "
                   "WHERE bucket = ?1 AND key = ?2) "
                   "AND NOT EXISTS (SELECT 1 FROM object WHERE bucket = ?1 AND key = ?2)"));
  TRY_VOID(copy->use().bind(bucket.id).bind(Blob{key}).run());
  TRY(Statement * remove,
      database.sql("DELETE FROM noncurrent WHERE bucket = ?1 AND key = ?2 AND sequence = "
                   "(SELECT sequence FROM object WHERE bucket = ?1 AND key = ?2)"));
  return remove->use().bind(bucket.id).bind(Blob{key}).run();
}

// Removes one version and discards its file. Whether it was there, and a marker.
struct RemovedVersion {
  bool found = false;
  bool marker = false;
};
Result<RemovedVersion> remove_version(ObjectDatabase& database, ObjectChange& change,
                                      const BucketRow& bucket, const std::string& key,
                                      const std::string& version) {
  for (const char* sql :
       {"DELETE FROM object WHERE bucket = ? AND key = ? AND version = ? RETURNING file",
        "DELETE FROM noncurrent WHERE bucket = ? AND key = ? AND version = ? RETURNING file"}) {
    TRY(Statement * remove, database.sql(sql));
    Query query = remove->use();
    TRY(const bool found, query.bind(bucket.id).bind(Blob{key}).bind(version).step());
    if (!found) continue;
    const bool marker = query.is_null(0);
    const std::string file = query.text(0);
    TRY_VOID(query.run());
    if (!marker) TRY_VOID(change.discard_object(file));
    return RemovedVersion{true, marker};
  }
  return RemovedVersion{};
}

// What a write without versioning does to the version that it replaces, and with versioning to the
// current one.
Result<void> make_room(ObjectDatabase& database, ObjectChange& change, const BucketRow& bucket,
                       const std::string& key) {
  if (bucket.versioning != Versioning::enabled) {
    TRY_VOID(remove_version(database, change, bucket, key, null_version));
  }
  if (bucket.versioning != Versioning::off) TRY_VOID(retire(database, bucket, key));
  return {};
}

Result<void> add_delete_marker(ObjectDatabase& database, const BucketRow& bucket,
                               const ObjectRemoval& removal, const std::string& version,
                               std::int64_t sequence) {
  TRY(Statement * insert, database.sql("INSERT INTO noncurrent(bucket, key, sequence, version, "
                                       "modified) VALUES(?, ?, ?, ?, ?)"));
  return insert->use()
      .bind(bucket.id)
      .bind(Blob{removal.key})
      .bind(sequence)
      .bind(version)
      .bind(to_milliseconds(removal.time))
      .run();
}

}  // namespace

ObjectInfo read_object_info(const Query& row) {
  ObjectInfo info;
  info.key = row.text(0);
  info.size = static_cast<std::uint64_t>(row.integer(1));
  info.etag = row.text(2);
  info.last_modified = from_milliseconds(row.integer(3));
  if (!row.is_null(4)) info.checksum = ObjectChecksum{row.text(4), row.text(5), row.text(6)};
  return info;
}

Result<std::optional<StoredObject>> find_object_row(ObjectDatabase& database,
                                                    const BucketRow& bucket, const std::string& key,
                                                    const std::optional<std::string>& version) {
  TRY(Statement * current,
      database.sql("SELECT key, size, etag, modified, checksum_algorithm, checksum_value, "
                   "checksum_type, version, file, part_sizes, metadata "
                   "FROM object WHERE bucket = ? AND key = ?"));
  Query query = current->use();
  TRY(auto found, read_object(query.bind(bucket.id).bind(Blob{key}), bucket));
  if (!version) return found;
  if (found && (found->info.version.empty() ? null_version : found->info.version) == *version) {
    return found;
  }
  TRY(Statement * before,
      database.sql("SELECT key, size, etag, modified, checksum_algorithm, checksum_value, "
                   "checksum_type, version, file, part_sizes, metadata "
                   "FROM noncurrent WHERE bucket = ? AND key = ? AND version = ?"));
  Query rows = before->use();
  return read_object(rows.bind(bucket.id).bind(Blob{key}).bind(*version), bucket);
}

Result<std::optional<ObjectInfo>> current_delete_marker(ObjectDatabase& database,
                                                        const BucketRow& bucket,
                                                        const std::string& key) {
  if (bucket.versioning == Versioning::off) return std::nullopt;
  TRY(Statement * select,
      database.sql("SELECT key, size, etag, modified, checksum_algorithm, checksum_value, "
                   "checksum_type, version, file, part_sizes, metadata "
                   "FROM noncurrent WHERE bucket = ?1 AND key = ?2 AND NOT EXISTS "
                   "(SELECT 1 FROM object WHERE bucket = ?1 AND key = ?2) "
                   "ORDER BY sequence DESC LIMIT 1"));
  Query query = select->use();
  TRY(auto found, read_object(query.bind(bucket.id).bind(Blob{key}), bucket));
  if (!found || !found->info.delete_marker) return std::nullopt;
  return std::move(found->info);
}

Result<void> put_object_row(ObjectDatabase& database, ObjectChange& change, const BucketRow& bucket,
                            StoredObject& object, const WriteCondition& condition) {
  ObjectInfo& info = object.info;
  if (condition.absent || condition.etag) {
    TRY(const auto current, find_object_row(database, bucket, info.key, std::nullopt));
    if (condition.etag && !current) {
      return failure(ErrorKind::not_found, "there is no object to be replaced");
    }
    if (current && (condition.absent || current->info.etag != *condition.etag)) {
      return failure(ErrorKind::already_exists, "another object is there");
    }
  }
  TRY_VOID(make_room(database, change, bucket, info.key));
  std::int64_t sequence = 0;
  std::string version = null_version;
  if (bucket.versioning != Versioning::off) {
    TRY(sequence, next_sequence(database, bucket));
    if (bucket.versioning == Versioning::enabled) version = new_version_id(sequence);
    info.version = version;
  } else {
    info.version.clear();
  }
  TRY(Statement * insert,
      database.sql("INSERT INTO object(bucket, key, file, size, etag, modified, "
                   "checksum_algorithm, checksum_value, checksum_type, part_sizes, metadata, "
                   "sequence, version) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  Query query = insert->use();
  query.bind(bucket.id)
      .bind(Blob{info.key})
      .bind(object.file)
      .bind(static_cast<std::int64_t>(info.size))
      .bind(info.etag)
      .bind(to_milliseconds(info.last_modified));
  if (info.checksum) {
    query.bind(info.checksum->algorithm).bind(info.checksum->value).bind(info.checksum->type);
  } else {
    query.bind(nullptr).bind(nullptr).bind(nullptr);
  }
  const std::string metadata = encode_metadata(info.metadata);
  TRY_VOID(query.bind(encode_part_sizes(object.part_sizes))
               .bind(Blob{metadata})
               .bind(sequence)
               .bind(version)
               .run());
  return change.keep(object.file);
}

Result<RemovedObject> remove_object_row(ObjectDatabase& database, ObjectChange& change,
                                        const BucketRow& bucket, const ObjectRemoval& removal) {
  RemovedObject removed;
  if (removal.etag) {
    TRY(const auto current, find_object_row(database, bucket, removal.key, removal.version));
    if (!current || (*removal.etag != "*" && current->info.etag != *removal.etag)) {
      removed.condition_failed = true;
      return removed;
    }
  }
  if (removal.version) {
    TRY(const auto gone, remove_version(database, change, bucket, removal.key, *removal.version));
    removed.delete_marker = gone.marker;
    removed.version = *removal.version;
    if (gone.found) TRY_VOID(promote(database, bucket, removal.key));
    return removed;
  }
  TRY_VOID(make_room(database, change, bucket, removal.key));
  if (bucket.versioning == Versioning::off) return removed;
  TRY(const std::int64_t sequence, next_sequence(database, bucket));
  removed.delete_marker = true;
  removed.version =
      bucket.versioning == Versioning::enabled ? new_version_id(sequence) : null_version;
  TRY_VOID(add_delete_marker(database, bucket, removal, removed.version, sequence));
  return removed;
}

Result<void> set_row_tags(ObjectDatabase& database, const BucketRow& bucket,
                          const StoredObject& object) {
  const ObjectInfo& info = object.info;
  const std::string metadata = encode_metadata(info.metadata);
  for (const char* sql :
       {"UPDATE object SET metadata = ? WHERE bucket = ? AND key = ? AND version = ?",
        "UPDATE noncurrent SET metadata = ? WHERE bucket = ? AND key = ? AND version = ?"}) {
    TRY(Statement * update, database.sql(sql));
    TRY_VOID(update->use()
                 .bind(Blob{metadata})
                 .bind(bucket.id)
                 .bind(Blob{info.key})
                 .bind(info.version.empty() ? null_version : info.version)
                 .run());
  }
  return {};
}

}  // namespace trainyard
