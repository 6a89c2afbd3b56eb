#include "runtime/store/object_index.h"

#include <algorithm>

#include "runtime/store/object_rows.h"
#include "runtime/store/text_range.h"

namespace trainyard {

Result<std::optional<StoredObject>> ObjectIndex::find(const std::string& bucket,
                                                      const std::string& key,
                                                      const std::optional<std::string>& version) {
  TRY(const BucketRow row, database_.bucket(bucket));
  return find_object_row(database_, row, key, version);
}

Result<std::optional<ObjectInfo>> ObjectIndex::delete_marker(const std::string& bucket,
                                                             const std::string& key) {
  TRY(const BucketRow row, database_.bucket(bucket));
  return current_delete_marker(database_, row, key);
}

Result<FileNames> ObjectIndex::put(const std::string& bucket, StoredObject& object, bool durable,
                                   const WriteCondition& condition) {
  TRY(ObjectChange change, ObjectChange::begin(database_, durable));
  TRY(const BucketRow row, database_.bucket(bucket));
  TRY_VOID(put_object_row(database_, change, row, object, condition));
  return change.commit();
}

Result<RemovedObjects> ObjectIndex::remove(const std::string& bucket,
                                           const std::vector<ObjectRemoval>& removals) {
  TRY(ObjectChange change, ObjectChange::begin(database_));
  TRY(const BucketRow row, database_.bucket(bucket));
  RemovedObjects removed;
  for (const ObjectRemoval& removal : removals) {
    TRY(RemovedObject one, remove_object_row(database_, change, row, removal));
    removed.objects.push_back(std::move(one));
  }
  TRY(removed.files, change.commit());
  return removed;
}

Result<ObjectInfo> ObjectIndex::set_tags(const std::string& bucket, const std::string& key,
                                         const std::optional<std::string>& version,
                                         const std::map<std::string, std::string>& tags) {
  TRY(ObjectChange change, ObjectChange::begin(database_));
  TRY(const BucketRow row, database_.bucket(bucket));
  TRY(auto object, find_object_row(database_, row, key, version));
  if (!object) return failure(ErrorKind::not_found, "there is no object to be tagged");
  if (object->info.delete_marker) {
    return failure(ErrorKind::conflict, "a delete marker cannot be tagged");
  }
  object->info.metadata.tags = tags;
  TRY_VOID(set_row_tags(database_, row, *object));
  TRY_VOID(change.commit());
  return std::move(object->info);
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
  TRY(const BucketRow bucket_row, database_.bucket(bucket));
  TRY(Statement * select,
      database_.sql("SELECT key, size, etag, modified, checksum_algorithm, checksum_value, "
                    "checksum_type FROM object WHERE bucket = ? AND key >= ? ORDER BY key"));
  ObjectListPage page;
  if (query.limit == 0) return page;
  std::string last_shown;
  std::optional<std::string> seek = first_key_of_listing(query);
  while (seek) {
    Query rows = select->use();
    rows.bind(bucket_row.id).bind(Blob{*seek});
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
        page.objects.push_back(read_object_info(rows));
        last_shown = page.objects.back().key;
      }
    }
  }
  return page;
}

}  // namespace trainyard
