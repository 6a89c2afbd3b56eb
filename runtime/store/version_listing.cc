// Listings of versions: what is current and what is not, as one sequence.

#include <limits>

#include "runtime/store/object_rows.h"
#include "runtime/store/text_range.h"
#include "runtime/store/version_id.h"

namespace trainyard {

namespace {

// Columns after those of read_object_info: version, file, sequence, current.
constexpr const char* rows_from_key =
    "SELECT key, size, etag, modified, checksum_algorithm, checksum_value, checksum_type, version, "
    "file, sequence, 1 AS current FROM object WHERE bucket = ?1 AND key >= ?2 "
    "UNION ALL "
    "SELECT key, size, etag, modified, checksum_algorithm, checksum_value, checksum_type, version, "
    "file, sequence, 0 AS current FROM noncurrent WHERE bucket = ?1 AND key >= ?2 "
    "ORDER BY 1, 10 DESC";
// Of one key, those behind a sequence.
constexpr const char* rows_of_key =
    "SELECT key, size, etag, modified, checksum_algorithm, checksum_value, checksum_type, version, "
    "file, sequence, 1 AS current FROM object WHERE bucket = ?1 AND key = ?2 AND sequence < ?3 "
    "UNION ALL "
    "SELECT key, size, etag, modified, checksum_algorithm, checksum_value, checksum_type, version, "
    "file, sequence, 0 AS current FROM noncurrent "
    "WHERE bucket = ?1 AND key = ?2 AND sequence < ?3 "
    "ORDER BY 10 DESC";

class VersionLister {
 public:
  VersionLister(ObjectDatabase& database, const BucketRow& bucket, const VersionListQuery& query)
      : database_(database), bucket_(bucket), query_(query) {}

  Result<VersionListPage> list() {
    if (query_.limit == 0) return std::move(page_);
    if (!query_.version_marker.empty() && query_.key_marker.starts_with(query_.prefix)) {
      TRY_VOID(go_on_with_key());
    }
    auto seek =
        first_key_of_listing({query_.prefix, query_.delimiter, query_.key_marker, query_.limit});
    while (seek && !page_.truncated) {
      TRY(Statement * select, database_.sql(rows_from_key));
      Query rows = select->use();
      rows.bind(bucket_.id).bind(Blob{*seek});
      TRY(seek, show(rows));
    }
    return std::move(page_);
  }

 private:
  Result<void> go_on_with_key() {
    const auto passed = common_prefix_of(query_.key_marker, query_.prefix, query_.delimiter);
    if (passed) return {};
    TRY(const std::int64_t sequence, sequence_of_marker());
    TRY(Statement * select, database_.sql(rows_of_key));
    Query rows = select->use();
    rows.bind(bucket_.id).bind(Blob{query_.key_marker}).bind(sequence);
    last_key_ = query_.key_marker;
    TRY_VOID(show(rows));
    return {};
  }

  // The bare "null" has a place only as long as that version exists.
  Result<std::int64_t> sequence_of_marker() {
    if (const auto sequence = sequence_of_version(query_.version_marker)) return *sequence;
    if (query_.version_marker != null_version) {
      return failure(ErrorKind::invalid_argument,
                     fmt::format("{} is no version id", query_.version_marker));
    }
    for (const char* sql :
         {"SELECT sequence FROM object WHERE bucket = ? AND key = ? AND version = 'null'",
          "SELECT sequence FROM noncurrent WHERE bucket = ? AND key = ? AND version = 'null'"}) {
      TRY(Statement * select, database_.sql(sql));
      Query query = select->use();
      TRY(const bool found, query.bind(bucket_.id).bind(Blob{query_.key_marker}).step());
      if (found) return query.integer(0);
    }
    return std::numeric_limits<std::int64_t>::max();
  }

  // Shows rows until the page is full or there are no more (nothing), or until a common prefix is
  // to be leapt over (the key to go on from).
  Result<std::optional<std::string>> show(Query& rows) {
    for (;;) {
      TRY(const bool row, rows.step());
      if (!row || !rows.view(0).starts_with(query_.prefix)) return std::nullopt;
      if (page_.versions.size() + page_.common_prefixes.size() == query_.limit) {
        page_.truncated = true;
        return std::nullopt;
      }
      if (auto shown = common_prefix_of(rows.view(0), query_.prefix, query_.delimiter)) {
        page_.common_prefixes.push_back(*shown);
        page_.next_key_marker = *shown;
        page_.next_version_marker.clear();
        return end_of_prefix(std::move(*shown));
      }
      add(rows);
    }
  }

  void add(const Query& row) {
    ListedVersion version;
    version.info = read_object_info(row);
    version.info.version = row.text(7);
    version.info.delete_marker = row.is_null(8);
    // Where nothing is current, the latest of the key is a delete marker.
    version.latest =
        row.integer(10) != 0 || (version.info.delete_marker && last_key_ != version.info.key);
    last_key_ = version.info.key;
    page_.next_key_marker = version.info.key;
    page_.next_version_marker = version_marker(version.info.version, row.integer(9));
    page_.versions.push_back(std::move(version));
  }

  ObjectDatabase& database_;
  const BucketRow& bucket_;
  const VersionListQuery& query_;
  VersionListPage page_;
  std::optional<std::string> last_key_;
};

}  // namespace

Result<VersionListPage> ObjectIndex::list_versions(const std::string& bucket,
                                                   const VersionListQuery& query) {
  TRY(const BucketRow row, database_.bucket(bucket));
  return VersionLister(database_, row, query).list();
}

}  // namespace trainyard
