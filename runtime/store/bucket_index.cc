#include "runtime/store/bucket_index.h"

namespace trainyard {

Result<void> BucketIndex::create(const BucketInfo& bucket) {
  TRY(Statement * insert, database_.sql("INSERT INTO bucket(name, created) VALUES(?, ?)"));
  return insert->use().bind(bucket.name).bind(to_milliseconds(bucket.created)).run();
}

Result<FileNames> BucketIndex::remove(const std::string& name) {
  TRY(ObjectChange change, ObjectChange::begin(database_));
  TRY(const BucketRow row, database_.bucket(name));
  TRY(Statement * any, database_.sql("SELECT 1 FROM object WHERE bucket = ?1 UNION ALL "
                                     "SELECT 1 FROM noncurrent WHERE bucket = ?1 LIMIT 1"));
  TRY(const bool holds_objects, any->use().bind(row.id).step());
  if (holds_objects) {
    return failure(ErrorKind::conflict, fmt::format("bucket {} is not empty", name));
  }
  TRY(Statement * parts,
      database_.sql("SELECT file FROM part JOIN upload ON upload = id WHERE bucket = ?"));
  Query part_files = parts->use();
  TRY(const FileNames files, first_column(part_files.bind(row.id)));
  for (const std::string& file : files) TRY_VOID(change.discard(file));
  TRY(Statement * uploads, database_.sql("DELETE FROM upload WHERE bucket = ?"));
  TRY_VOID(uploads->use().bind(row.id).run());
  TRY(Statement * bucket, database_.sql("DELETE FROM bucket WHERE id = ?"));
  TRY_VOID(bucket->use().bind(row.id).run());
  return change.commit();
}

Result<FileNames> BucketIndex::clear(std::string_view kept) {
  TRY(ObjectChange change, ObjectChange::begin(database_));
  TRY(Statement * select,
      database_.sql("SELECT file FROM object UNION ALL SELECT file FROM part UNION ALL "
                    "SELECT file FROM noncurrent WHERE file IS NOT NULL"));
  Query owned = select->use();
  TRY(const FileNames files, first_column(owned));
  for (const std::string& file : files) TRY_VOID(change.discard_object(file));
  for (const char* sql : {"DELETE FROM object", "DELETE FROM noncurrent", "DELETE FROM upload",
                          "DELETE FROM completed_upload", "DELETE FROM bucket_setting"}) {
    TRY(Statement * remove, database_.sql(sql));
    TRY_VOID(remove->use().run());
  }
  TRY(Statement * buckets,
      database_.sql("DELETE FROM bucket WHERE substr(name, 1, length(?1)) <> ?1"));
  TRY_VOID(buckets->use().bind(kept).run());
  return change.commit();
}

Result<std::optional<BucketInfo>> BucketIndex::find(const std::string& name) {
  TRY(Statement * select, database_.sql("SELECT created FROM bucket WHERE name = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(name).step());
  if (!found) return std::nullopt;
  return BucketInfo{name, from_milliseconds(query.integer(0))};
}

Result<std::vector<BucketInfo>> BucketIndex::all() {
  TRY(Statement * select, database_.sql("SELECT name, created FROM bucket ORDER BY name"));
  Query query = select->use();
  std::vector<BucketInfo> buckets;
  for (;;) {
    TRY(const bool row, query.step());
    if (!row) return buckets;
    buckets.push_back({query.text(0), from_milliseconds(query.integer(1))});
  }
}

Result<Versioning> BucketIndex::versioning(const std::string& bucket) {
  TRY(const BucketRow row, database_.bucket(bucket));
  return row.versioning;
}

Result<void> BucketIndex::set_versioning(const std::string& bucket, Versioning versioning) {
  TRY(const BucketRow row, database_.bucket(bucket));
  TRY(Statement * update, database_.sql("UPDATE bucket SET versioning = ? WHERE id = ?"));
  return update->use().bind(static_cast<int>(versioning)).bind(row.id).run();
}

Result<std::optional<std::string>> BucketIndex::setting(const std::string& bucket,
                                                        const std::string& name) {
  TRY(const BucketRow row, database_.bucket(bucket));
  TRY(Statement * select,
      database_.sql("SELECT value FROM bucket_setting WHERE bucket = ? AND name = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(row.id).bind(name).step());
  if (!found) return std::nullopt;
  return query.text(0);
}

Result<void> BucketIndex::set_setting(const std::string& bucket, const std::string& name,
                                      const std::optional<std::string>& value) {
  TRY(const BucketRow row, database_.bucket(bucket));
  if (!value) {
    TRY(Statement * remove,
        database_.sql("DELETE FROM bucket_setting WHERE bucket = ? AND name = ?"));
    return remove->use().bind(row.id).bind(name).run();
  }
  TRY(Statement * insert, database_.sql("INSERT OR REPLACE INTO bucket_setting(bucket, name, "
                                        "value) VALUES(?, ?, ?)"));
  return insert->use().bind(row.id).bind(name).bind(*value).run();
}

}  // namespace trainyard
