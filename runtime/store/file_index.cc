#include "runtime/store/file_index.h"

#include "runtime/store/object_rows.h"

namespace trainyard {

Result<void> FileIndex::remember(const std::string& bucket, const std::string& identity,
                                 const StoredObject& object) {
  const ObjectInfo& info = object.info;
  TRY(const BucketRow row, database_.bucket(bucket));
  TRY(Statement * insert,
      database_.sql(
          "INSERT OR REPLACE INTO known_file(bucket, key, identity, size, etag, modified, "
          "checksum_algorithm, checksum_value, checksum_type, part_sizes, metadata) "
          "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  Query query = insert->use();
  query.bind(row.id)
      .bind(Blob{info.key})
      .bind(identity)
      .bind(static_cast<std::int64_t>(info.size))
      .bind(info.etag)
      .bind(to_milliseconds(info.last_modified));
  if (info.checksum) {
    query.bind(info.checksum->algorithm).bind(info.checksum->value).bind(info.checksum->type);
  } else {
    query.bind(nullptr).bind(nullptr).bind(nullptr);
  }
  const std::string metadata = encode_metadata(info.metadata);
  return query.bind(encode_part_sizes(object.part_sizes)).bind(Blob{metadata}).run();
}

Result<std::optional<StoredObject>> FileIndex::find(const std::string& bucket,
                                                    const std::string& key,
                                                    const std::string& identity) {
  TRY(const BucketRow row, database_.bucket(bucket));
  TRY(Statement * select,
      database_.sql("SELECT key, size, etag, modified, checksum_algorithm, checksum_value, "
                    "checksum_type, part_sizes, metadata FROM known_file "
                    "WHERE bucket = ? AND key = ? AND identity = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(row.id).bind(Blob{key}).bind(identity).step());
  if (!found) return std::nullopt;
  StoredObject object;
  object.info = read_object_info(query);
  object.part_sizes = decode_part_sizes(query.view(7));
  object.info.metadata = decode_metadata(query.view(8));
  return object;
}

Result<void> FileIndex::forget(const std::string& bucket, const std::string& key) {
  TRY(const BucketRow row, database_.bucket(bucket));
  TRY(Statement * remove, database_.sql("DELETE FROM known_file WHERE bucket = ? AND key = ?"));
  return remove->use().bind(row.id).bind(Blob{key}).run();
}

}  // namespace trainyard
