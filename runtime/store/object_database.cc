#include "runtime/store/object_database.h"

#include <charconv>
#include <iterator>

#include <spdlog/spdlog.h>

namespace trainyard {

namespace {

// Keys are BLOBs so that they sort bytewise. Times are milliseconds since the epoch.
constexpr const char* object_schema[] = {
    R"sql(
CREATE TABLE bucket(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL
) STRICT;
CREATE TABLE object(
  bucket INTEGER NOT NULL REFERENCES bucket(id),
  key BLOB NOT NULL,
  file TEXT NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified INTEGER NOT NULL,
  checksum_algorithm TEXT,
  checksum_value TEXT,
  checksum_type TEXT,
  part_sizes TEXT NOT NULL,
  metadata BLOB NOT NULL,
  PRIMARY KEY(bucket, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE upload(
  id TEXT NOT NULL PRIMARY KEY,
  bucket INTEGER NOT NULL REFERENCES bucket(id),
  key BLOB NOT NULL,
  initiated INTEGER NOT NULL,
  checksum_algorithm TEXT,
  checksum_type TEXT,
  metadata BLOB NOT NULL
) STRICT;
CREATE INDEX upload_by_key ON upload(bucket, key, id);
CREATE TABLE part(
  upload TEXT NOT NULL REFERENCES upload(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  file TEXT NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified INTEGER NOT NULL,
  checksum TEXT,
  PRIMARY KEY(upload, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE unwanted(file TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
)sql",
    // Versions. `object` holds the current version of each key that
    // has one; what it replaced, and every delete marker, is in
    // `noncurrent`, with a larger sequence the later it was written.
    R"sql(
ALTER TABLE bucket ADD COLUMN versioning INTEGER NOT NULL DEFAULT 0;
ALTER TABLE bucket ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE object ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE object ADD COLUMN version TEXT NOT NULL DEFAULT 'null';
CREATE TABLE noncurrent(
  bucket INTEGER NOT NULL REFERENCES bucket(id),
  key BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  version TEXT NOT NULL,
  modified INTEGER NOT NULL,
  file TEXT,
  size INTEGER,
  etag TEXT,
  checksum_algorithm TEXT,
  checksum_value TEXT,
  checksum_type TEXT,
  part_sizes TEXT,
  metadata BLOB,
  PRIMARY KEY(bucket, key, sequence DESC)
) STRICT, WITHOUT ROWID;
CREATE TABLE bucket_setting(
  bucket INTEGER NOT NULL REFERENCES bucket(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(bucket, name)
) STRICT, WITHOUT ROWID;
)sql",
    // What is remembered of files in directories that are buckets.
    R"sql(
CREATE TABLE known_file(
  bucket INTEGER NOT NULL REFERENCES bucket(id) ON DELETE CASCADE,
  key BLOB NOT NULL,
  identity TEXT NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified INTEGER NOT NULL,
  checksum_algorithm TEXT,
  checksum_value TEXT,
  checksum_type TEXT,
  part_sizes TEXT NOT NULL,
  metadata BLOB NOT NULL,
  PRIMARY KEY(bucket, key)
) STRICT, WITHOUT ROWID;
)sql",
    // What became of uploads; the latest have the largest rowids.
    R"sql(
CREATE TABLE completed_upload(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  bucket INTEGER NOT NULL REFERENCES bucket(id) ON DELETE CASCADE,
  key BLOB NOT NULL,
  size INTEGER NOT NULL,
  etag TEXT NOT NULL,
  modified INTEGER NOT NULL,
  checksum_algorithm TEXT,
  checksum_value TEXT,
  checksum_type TEXT,
  version TEXT NOT NULL,
  metadata BLOB NOT NULL
) STRICT;
CREATE INDEX completed_upload_by_bucket ON completed_upload(bucket);
)sql"};

constexpr const char* insert_unwanted = "INSERT OR IGNORE INTO unwanted(file) VALUES(?)";
constexpr const char* delete_unwanted = "DELETE FROM unwanted WHERE file = ?";

}  // namespace

Result<std::unique_ptr<ObjectDatabase>> ObjectDatabase::open(const std::filesystem::path& path) {
  TRY(Database database, Database::open(path, Database::Sync::normal));
  TRY_VOID(database.migrate(object_schema));
  return std::unique_ptr<ObjectDatabase>(new ObjectDatabase(std::move(database)));
}

Result<BucketRow> ObjectDatabase::bucket(const std::string& name) {
  TRY(Statement * select, sql("SELECT id, versioning FROM bucket WHERE name = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(name).step());
  if (!found) return failure(ErrorKind::not_found, fmt::format("bucket {} does not exist", name));
  return BucketRow{query.integer(0), static_cast<Versioning>(query.integer(1))};
}

Result<void> ObjectDatabase::announce(const std::string& file) {
  TRY(Statement * insert, sql(insert_unwanted));
  return insert->use().bind(file).run();
}

Result<FileNames> ObjectDatabase::unwanted() {
  TRY(Statement * select, sql("SELECT file FROM unwanted"));
  Query query = select->use();
  return first_column(query);
}

ObjectChange::ObjectChange(ObjectDatabase& database, Transaction transaction, bool durable)
    : database_(&database), durable_(durable) {
  transaction_.emplace(std::move(transaction));
}

ObjectChange::ObjectChange(ObjectChange&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)),
      transaction_(std::move(other.transaction_)),
      durable_(other.durable_),
      object_discarded_(other.object_discarded_),
      discarded_(std::move(other.discarded_)) {
  other.transaction_.reset();
}

Result<ObjectChange> ObjectChange::begin(ObjectDatabase& database, bool durable) {
  // The setting cannot change inside a transaction.
  if (durable) TRY_VOID(database.database_.set_sync(Database::Sync::full));
  TRY(Transaction transaction, Transaction::begin(database.database_));
  ObjectChange change(database, std::move(transaction), durable);
  for (const std::string& file : database.unlinked_) TRY_VOID(change.keep(file));
  return change;
}

ObjectChange::~ObjectChange() {
  if (database_ == nullptr) return;
  transaction_.reset();
  if (durable_) (void)database_->database_.set_sync(Database::Sync::normal);
}

Result<void> ObjectChange::keep(const std::string& file) {
  TRY(Statement * remove, database_->sql(delete_unwanted));
  return remove->use().bind(file).run();
}

Result<void> ObjectChange::discard(const std::string& file) {
  TRY(Statement * insert, database_->sql(insert_unwanted));
  TRY_VOID(insert->use().bind(file).run());
  discarded_.push_back(file);
  return {};
}

Result<void> ObjectChange::discard_object(const std::string& file) {
  object_discarded_ = true;
  return discard(file);
}

Result<FileNames> ObjectChange::commit() {
  TRY_VOID(transaction_->commit());
  database_->unlinked_.clear();
  if (object_discarded_ && !durable_) {
    if (const auto synced = database_->database_.sync_log(); !synced) {
      // They stay listed as unwanted, and go at the next start.
      spdlog::warn("replaced files are kept for now: {}", synced.error().message);
      return FileNames{};
    }
  }
  return std::move(discarded_);
}

Result<std::vector<std::string>> first_column(Query& query) {
  std::vector<std::string> values;
  for (;;) {
    TRY(const bool row, query.step());
    if (!row) return values;
    values.push_back(query.text(0));
  }
}

// Name and value end with NUL, which no header or tag can hold; the first byte says which map it
// is.
std::string encode_metadata(const ObjectMetadata& metadata) {
  std::string bytes;
  const auto append = [&](char kind, const std::map<std::string, std::string>& fields) {
    for (const auto& [name, value] : fields) {
      bytes += kind;
      bytes.append(name.c_str(), name.size() + 1);
      bytes.append(value.c_str(), value.size() + 1);
    }
  };
  append('h', metadata.headers);
  append('u', metadata.user);
  append('t', metadata.tags);
  return bytes;
}

ObjectMetadata decode_metadata(std::string_view bytes) {
  ObjectMetadata metadata;
  while (!bytes.empty()) {
    const std::size_t name_end = bytes.find('\0');
    const std::size_t value_end =
        name_end == bytes.npos ? bytes.npos : bytes.find('\0', name_end + 1);
    if (value_end == bytes.npos) break;
    auto& fields = bytes[0] == 'u'   ? metadata.user
                   : bytes[0] == 't' ? metadata.tags
                                     : metadata.headers;
    fields.emplace(bytes.substr(1, name_end - 1),
                   bytes.substr(name_end + 1, value_end - name_end - 1));
    bytes.remove_prefix(value_end + 1);
  }
  return metadata;
}

std::string encode_part_sizes(const std::vector<std::uint64_t>& sizes) {
  return fmt::format("{}", fmt::join(sizes, ","));
}

std::vector<std::uint64_t> decode_part_sizes(std::string_view text) {
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

}  // namespace trainyard
