#include "runtime/store/upload_index.h"

#include <algorithm>

#include "runtime/store/object_rows.h"
#include "runtime/store/text_range.h"

namespace trainyard {

namespace {

// Columns: id, key, initiated, checksum_algorithm, checksum_type.
UploadInfo read_upload(const Query& row) {
  UploadInfo upload;
  upload.id = row.text(0);
  upload.key = row.text(1);
  upload.initiated = from_milliseconds(row.integer(2));
  upload.checksum_algorithm = row.text(3);
  upload.checksum_type = row.text(4);
  return upload;
}

tl::unexpected<Error> no_upload(const std::string& id) {
  return failure(ErrorKind::not_found, fmt::format("upload {} does not exist", id));
}

}  // namespace

Result<void> UploadIndex::create(const std::string& bucket, const UploadInfo& upload) {
  TRY(const BucketRow row_of_bucket, database_.bucket(bucket));
  TRY(Statement * insert,
      database_.sql("INSERT INTO upload(id, bucket, key, initiated, checksum_algorithm, "
                    "checksum_type, metadata) VALUES(?, ?, ?, ?, ?, ?, ?)"));
  const std::string metadata = encode_metadata(upload.metadata);
  return insert->use()
      .bind(upload.id)
      .bind(row_of_bucket.id)
      .bind(Blob{upload.key})
      .bind(to_milliseconds(upload.initiated))
      .bind(upload.checksum_algorithm)
      .bind(upload.checksum_type)
      .bind(Blob{metadata})
      .run();
}

Result<std::optional<UploadInfo>> UploadIndex::find(const std::string& bucket,
                                                    const std::string& key, const std::string& id) {
  TRY(const BucketRow row_of_bucket, database_.bucket(bucket));
  TRY(Statement * select,
      database_.sql("SELECT id, key, initiated, checksum_algorithm, checksum_type, metadata "
                    "FROM upload WHERE id = ? AND bucket = ? AND key = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(id).bind(row_of_bucket.id).bind(Blob{key}).step());
  if (!found) return std::nullopt;
  UploadInfo upload = read_upload(query);
  upload.metadata = decode_metadata(query.view(5));
  return upload;
}

Result<UploadListPage> UploadIndex::list(const std::string& bucket, const UploadListQuery& query) {
  TRY(const BucketRow row_of_bucket, database_.bucket(bucket));
  TRY(Statement * select,
      database_.sql("SELECT id, key, initiated, checksum_algorithm, checksum_type FROM upload "
                    "WHERE bucket = ? AND (key, id) > (?, ?) ORDER BY key, id"));
  UploadListPage page;
  if (query.limit == 0) return page;
  // Of the marker's own key, only uploads with a larger id are to come: none without an id marker.
  std::string seek_key = query.prefix;
  std::string seek_id;
  if (!query.key_marker.empty()) {
    const auto first = first_key_of_listing({query.prefix, query.delimiter, query.key_marker, 0});
    if (!first) return page;
    seek_key = *first;
    if (!query.id_marker.empty() && query.key_marker >= query.prefix) {
      seek_key = query.key_marker;
      seek_id = query.id_marker;
    }
  }
  for (bool leap = true; leap;) {
    leap = false;
    Query rows = select->use();
    rows.bind(row_of_bucket.id).bind(Blob{seek_key}).bind(seek_id);
    while (!leap) {
      TRY(const bool row, rows.step());
      if (!row || !rows.view(1).starts_with(query.prefix)) return page;
      if (page.uploads.size() + page.common_prefixes.size() == query.limit) {
        page.truncated = true;
        return page;
      }
      if (auto shown = common_prefix_of(rows.view(1), query.prefix, query.delimiter)) {
        page.common_prefixes.push_back(*shown);
        page.next_key_marker = *shown;
        page.next_id_marker.clear();
        const auto after = end_of_prefix(std::move(*shown));
        if (!after) return page;
        seek_key = *after;
        seek_id.clear();
        leap = true;
      } else {
        page.uploads.push_back(read_upload(rows));
        page.next_key_marker = page.uploads.back().key;
        page.next_id_marker = page.uploads.back().id;
      }
    }
  }
  return page;
}

Result<FileNames> UploadIndex::put_part(const std::string& id, const PartInfo& part, bool durable) {
  TRY(ObjectChange change, ObjectChange::begin(database_, durable));
  TRY(Statement * exists, database_.sql("SELECT 1 FROM upload WHERE id = ?"));
  TRY(const bool found, exists->use().bind(id).step());
  if (!found) return no_upload(id);
  TRY(Statement * replaced, database_.sql("SELECT file FROM part WHERE upload = ? AND number = ?"));
  {
    Query query = replaced->use();
    TRY(const bool row, query.bind(id).bind(part.number).step());
    if (row) TRY_VOID(change.discard(query.text(0)));
  }
  TRY(Statement * insert,
      database_.sql("INSERT OR REPLACE INTO part(upload, number, file, size, etag, modified, "
                    "checksum) VALUES(?, ?, ?, ?, ?, ?, ?)"));
  TRY_VOID(insert->use()
               .bind(id)
               .bind(part.number)
               .bind(part.file)
               .bind(static_cast<std::int64_t>(part.size))
               .bind(part.etag)
               .bind(to_milliseconds(part.last_modified))
               .bind(part.checksum)
               .run());
  TRY_VOID(change.keep(part.file));
  return change.commit();
}

Result<std::vector<PartInfo>> UploadIndex::parts(const std::string& id, int after,
                                                 std::size_t limit) {
  TRY(Statement * select,
      database_.sql("SELECT number, size, etag, modified, checksum, file FROM part "
                    "WHERE upload = ? AND number > ? ORDER BY number LIMIT ?"));
  Query query = select->use();
  query.bind(id).bind(after).bind(static_cast<std::int64_t>(limit));
  std::vector<PartInfo> parts;
  for (;;) {
    TRY(const bool row, query.step());
    if (!row) return parts;
    parts.push_back({static_cast<int>(query.integer(0)),
                     static_cast<std::uint64_t>(query.integer(1)), query.text(2),
                     from_milliseconds(query.integer(3)), query.text(4), query.text(5)});
  }
}

Result<void> UploadIndex::end(ObjectChange& change, const std::string& id,
                              const std::string& kept_file) {
  TRY(Statement * select, database_.sql("SELECT file FROM part WHERE upload = ?"));
  {
    Query query = select->use();
    query.bind(id);
    for (;;) {
      TRY(const bool row, query.step());
      if (!row) break;
      if (query.view(0) != kept_file) TRY_VOID(change.discard(query.text(0)));
    }
  }
  TRY(Statement * remove, database_.sql("DELETE FROM upload WHERE id = ?"));
  return remove->use().bind(id).run();
}

Result<FileNames> UploadIndex::abort(const std::string& id) {
  TRY(ObjectChange change, ObjectChange::begin(database_));
  TRY_VOID(end(change, id, ""));
  return change.commit();
}

Result<FileNames> UploadIndex::complete(const std::string& bucket, const std::string& id,
                                        const std::vector<PartInfo>& parts, StoredObject& object,
                                        bool durable, const WriteCondition& condition) {
  TRY(ObjectChange change, ObjectChange::begin(database_, durable));
  TRY(const BucketRow row_of_bucket, database_.bucket(bucket));
  TRY(Statement * select, database_.sql("SELECT file FROM part WHERE upload = ? AND number = ?"));
  for (const PartInfo& part : parts) {
    Query query = select->use();
    TRY(const bool found, query.bind(id).bind(part.number).step());
    if (!found) return no_upload(id);
    if (query.view(0) != part.file) {
      return failure(ErrorKind::conflict,
                     fmt::format("part {} of upload {} was replaced", part.number, id));
    }
  }
  TRY_VOID(put_object_row(database_, change, row_of_bucket, object, condition));
  TRY_VOID(end(change, id, object.file));
  TRY_VOID(remember(row_of_bucket, id, object.info));
  return change.commit();
}

Result<FileNames> UploadIndex::complete_elsewhere(const std::string& bucket, const std::string& id,
                                                  const ObjectInfo& object) {
  TRY(ObjectChange change, ObjectChange::begin(database_));
  TRY(const BucketRow row_of_bucket, database_.bucket(bucket));
  TRY_VOID(end(change, id, ""));
  TRY_VOID(remember(row_of_bucket, id, object));
  return change.commit();
}

Result<void> UploadIndex::remember(const BucketRow& bucket, const std::string& id,
                                   const ObjectInfo& object) {
  TRY(Statement * insert,
      database_.sql("INSERT OR IGNORE INTO completed_upload(id, bucket, key, size, etag, modified, "
                    "checksum_algorithm, checksum_value, checksum_type, version, metadata) "
                    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  Query query = insert->use();
  query.bind(id)
      .bind(bucket.id)
      .bind(Blob{object.key})
      .bind(static_cast<std::int64_t>(object.size))
      .bind(object.etag)
      .bind(to_milliseconds(object.last_modified));
  if (object.checksum) {
    query.bind(object.checksum->algorithm).bind(object.checksum->value).bind(object.checksum->type);
  } else {
    query.bind(nullptr).bind(nullptr).bind(nullptr);
  }
  const std::string metadata = encode_metadata(object.metadata);
  TRY_VOID(query.bind(object.version).bind(Blob{metadata}).run());
  TRY(Statement * drop,
      database_.sql("DELETE FROM completed_upload "
                    "WHERE number <= (SELECT max(number) FROM completed_upload) - ?"));
  return drop->use().bind(most_completed).run();
}

Result<std::optional<ObjectInfo>> UploadIndex::completed(const std::string& bucket,
                                                         const std::string& key,
                                                         const std::string& id) {
  TRY(const BucketRow row_of_bucket, database_.bucket(bucket));
  TRY(Statement * select,
      database_.sql("SELECT key, size, etag, modified, checksum_algorithm, checksum_value, "
                    "checksum_type, version, metadata FROM completed_upload "
                    "WHERE id = ? AND bucket = ? AND key = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(id).bind(row_of_bucket.id).bind(Blob{key}).step());
  if (!found) return std::nullopt;
  ObjectInfo object = read_object_info(query);
  object.version = query.text(7);
  object.metadata = decode_metadata(query.view(8));
  return object;
}

}  // namespace trainyard
