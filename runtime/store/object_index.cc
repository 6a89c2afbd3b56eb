#include "runtime/store/object_index.h"

#include <algorithm>
#include <charconv>

namespace trainyard {

namespace {

std::string encode_sizes(const std::vector<std::uint64_t>& sizes) {
  return fmt::format("{}", fmt::join(sizes, ","));
}

std::vector<std::uint64_t> decode_sizes(std::string_view text) {
  std::vector<std::uint64_t> sizes;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::uint64_t size = 0;
    const auto [next, error] = std::from_chars(at, end, size);
    if (error != std::errc{}) break;
    sizes.push_back(size);
    at = next + 1;
  }
  return sizes;
}

// Columns: key, size, etag, modified, checksum_algorithm, checksum_value, checksum_type.
ObjectInfo read_info(const Query& row) {
  ObjectInfo info;
  info.key = row.text(0);
  info.size = static_cast<std::uint64_t>(row.integer(1));
  info.etag = row.text(2);
  info.last_modified = from_milliseconds(row.integer(3));
  if (!row.is_null(4)) info.checksum = ObjectChecksum{row.text(4), row.text(5), row.text(6)};
  return info;
}

Result<std::vector<std::string>> file_column(Query& query) {
  std::vector<std::string> files;
  for (;;) {
    TRY(const bool row, query.step());
    if (!row) return files;
    files.push_back(query.text(0));
  }
}

}  // namespace

Result<void> ObjectIndex::create_bucket(const BucketInfo& bucket) {
  TRY(Statement * insert, database_.sql("INSERT INTO bucket(name, created) VALUES(?, ?)"));
  return insert->use().bind(bucket.name).bind(to_milliseconds(bucket.created)).run();
}

Result<FileNames> ObjectIndex::delete_bucket(const std::string& name) {
  TRY(ObjectChange change, ObjectChange::begin(database_));
  TRY(const std::int64_t id, database_.bucket_id(name));
  TRY(Statement * any, database_.sql("SELECT 1 FROM object WHERE bucket = ? LIMIT 1"));
  TRY(const bool holds_objects, any->use().bind(id).step());
  if (holds_objects) {
    return failure(ErrorKind::conflict, fmt::format("bucket {} is not empty", name));
  }
  TRY(Statement * parts,
      database_.sql("SELECT file FROM part JOIN upload ON upload = id WHERE bucket = ?"));
  Query part_files = parts->use();
  TRY(const FileNames files, file_column(part_files.bind(id)));
  for (const std::string& file : files) TRY_VOID(change.discard(file));
  TRY(Statement * uploads, database_.sql("DELETE FROM upload WHERE bucket = ?"));
  TRY_VOID(uploads->use().bind(id).run());
  TRY(Statement * bucket, database_.sql("DELETE FROM bucket WHERE id = ?"));
  TRY_VOID(bucket->use().bind(id).run());
  return change.commit();
}

Result<std::optional<BucketInfo>> ObjectIndex::bucket(const std::string& name) {
  TRY(Statement * select, database_.sql("SELECT created FROM bucket WHERE name = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(name).step());
  if (!found) return std::nullopt;
  return BucketInfo{name, from_milliseconds(query.integer(0))};
}

Result<std::vector<BucketInfo>> ObjectIndex::buckets() {
  TRY(Statement * select, database_.sql("SELECT name, created FROM bucket ORDER BY name"));
  Query query = select->use();
  std::vector<BucketInfo> buckets;
  for (;;) {
    TRY(const bool row, query.step());
    if (!row) return buckets;
    buckets.push_back({query.text(0), from_milliseconds(query.integer(1))});
  }
}

Result<std::optional<StoredObject>> ObjectIndex::find(const std::string& bucket,
                                                      const std::string& key) {
  TRY(const std::int64_t id, database_.bucket_id(bucket));
  TRY(Statement * select,
      database_.sql("SELECT key, size, etag, modified, checksum_algorithm, checksum_value, "
                    "checksum_type, file, part_sizes, metadata "
                    "FROM object WHERE bucket = ? AND key = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(id).bind(Blob{key}).step());
  if (!found) return std::nullopt;
  StoredObject object;
  object.info = read_info(query);
  object.file = query.text(7);
  object.part_sizes = decode_sizes(query.view(8));
  object.info.metadata = decode_metadata(query.view(9));
  return object;
}

Result<void> put_object_row(ObjectDatabase& database, ObjectChange& change, std::int64_t bucket,
                            const StoredObject& object, const WriteCondition& condition) {
  const ObjectInfo& info = object.info;
  TRY(Statement * replaced,
      database.sql("SELECT file, etag FROM object WHERE bucket = ? AND key = ?"));
  {
    Query query = replaced->use();
    TRY(const bool found, query.bind(bucket).bind(Blob{info.key}).step());
    if (condition.etag && !found) {
      return failure(ErrorKind::not_found, "there is no object to be replaced");
    }
    if ((condition.absent && found) || (condition.etag && query.view(1) != *condition.etag)) {
      return failure(ErrorKind::already_exists, "another object is there");
    }
    if (found) TRY_VOID(change.discard(query.text(0)));
  }
  TRY(Statement * insert,
      database.sql("INSERT OR REPLACE INTO object(bucket, key, file, size, etag, modified, "
                   "checksum_algorithm, checksum_value, checksum_type, part_sizes, metadata) "
                   "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  Query query = insert->use();
  query.bind(bucket)
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
  TRY_VOID(query.bind(encode_sizes(object.part_sizes)).bind(Blob{metadata}).run());
  return change.keep(object.file);
}

Result<FileNames> ObjectIndex::put(const std::string& bucket, const StoredObject& object,
                                   bool durable, const WriteCondition& condition) {
  TRY(ObjectChange change, ObjectChange::begin(database_, durable));
  TRY(const std::int64_t id, database_.bucket_id(bucket));
  TRY_VOID(put_object_row(database_, change, id, object, condition));
  return change.commit();
}

Result<FileNames> ObjectIndex::remove(const std::string& bucket,
                                      const std::vector<std::string>& keys) {
  TRY(ObjectChange change, ObjectChange::begin(database_));
  TRY(const std::int64_t id, database_.bucket_id(bucket));
  TRY(Statement * remove,
      database_.sql("DELETE FROM object WHERE bucket = ? AND key = ? RETURNING file"));
  for (const std::string& key : keys) {
    Query query = remove->use();
    TRY(const FileNames files, file_column(query.bind(id).bind(Blob{key})));
    for (const std::string& file : files) TRY_VOID(change.discard(file));
  }
  return change.commit();
}

std::optional<std::string> common_prefix_of(std::string_view key, std::string_view prefix,
                                            std::string_view delimiter) {
  if (delimiter.empty() || !key.starts_with(prefix)) return std::nullopt;
  const std::size_t at = key.find(delimiter, prefix.size());
  if (at == key.npos) return std::nullopt;
  return std::string(key.substr(0, at + delimiter.size()));
}

std::optional<std::string> first_key_of_listing(const ObjectListQuery& query) {
  if (query.start_after.empty()) return query.prefix;
  // A common prefix that was shown, or is passed by, is passed with everything below it.
  const auto passed = common_prefix_of(query.start_after, query.prefix, query.delimiter);
  if (passed) return end_of_prefix(*passed);
  return std::max(query.prefix, query.start_after + '\0');
}

Result<ObjectListPage> ObjectIndex::list(const std::string& bucket, const ObjectListQuery& query) {
  TRY(const std::int64_t id, database_.bucket_id(bucket));
  TRY(Statement * select,
      database_.sql("SELECT key, size, etag, modified, checksum_algorithm, checksum_value, "
                    "checksum_type FROM object WHERE bucket = ? AND key >= ? ORDER BY key"));
  ObjectListPage page;
  if (query.limit == 0) return page;
  std::string last_shown;
  std::optional<std::string> seek = first_key_of_listing(query);
  while (seek) {
    Query rows = select->use();
    rows.bind(id).bind(Blob{*seek});
    seek.reset();
    while (!seek) {
      TRY(const bool row, rows.step());
      if (!row || !rows.view(0).starts_with(query.prefix)) return page;
      if (page.objects.size() + page.common_prefixes.size() == query.limit) {
        page.next_start_after = last_shown;
        return page;
      }
      if (auto shown = common_prefix_of(rows.view(0), query.prefix, query.delimiter)) {
        page.common_prefixes.push_back(*shown);
        last_shown = *shown;
        seek = end_of_prefix(std::move(*shown));
        if (!seek) return page;
      } else {
        page.objects.push_back(read_info(rows));
        last_shown = page.objects.back().key;
      }
    }
  }
  return page;
}

}  // namespace trainyard
