#include "runtime/store/log_catalog.h"

#include <limits>

#include "runtime/store/text_range.h"

namespace trainyard {

namespace {

constexpr const char* log_schema[] = {R"sql(
CREATE TABLE log_group(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  created INTEGER NOT NULL,
  retention INTEGER,
  class TEXT NOT NULL,
  kms_key TEXT NOT NULL
) STRICT;
CREATE TABLE log_stream(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  log_group INTEGER NOT NULL REFERENCES log_group(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  created INTEGER NOT NULL,
  job INTEGER UNIQUE,
  UNIQUE(log_group, name)
) STRICT;
CREATE TABLE log_group_tag(
  log_group INTEGER NOT NULL REFERENCES log_group(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(log_group, key)
) STRICT, WITHOUT ROWID;
)sql"};

// Columns of a LogGroup and of a LogStream, in the order of `group_of` and `stream_of`.
#define GROUP_COLUMNS "id, name, created, retention, class, kms_key"
#define STREAM_COLUMNS "id, name, created"

LogGroup group_of(const Query& row) {
  LogGroup group;
  group.id = row.integer(0);
  group.name = row.text(1);
  group.creation_time = from_milliseconds(row.integer(2));
  if (!row.is_null(3)) group.retention_days = static_cast<int>(row.integer(3));
  group.storage_class = row.text(4);
  group.kms_key = row.text(5);
  return group;
}

LogStream stream_of(const Query& row) {
  return {row.integer(0), row.text(1), from_milliseconds(row.integer(2))};
}

std::int64_t limit_of(const LogNameQuery& query) {
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int64_t>(std::min(query.limit, most));
}

template <typename Row>
auto rows_of(Query& query, Row row) -> Result<std::vector<decltype(row(query))>> {
  std::vector<decltype(row(query))> rows;
  for (;;) {
    TRY(const bool found, query.step());
    if (!found) return rows;
    rows.push_back(row(query));
  }
}

}  // namespace

Result<std::unique_ptr<LogCatalog>> LogCatalog::open(const std::filesystem::path& path) {
  TRY(Database database, Database::open(path, Database::Sync::normal));
  TRY_VOID(database.migrate(log_schema));
  return std::unique_ptr<LogCatalog>(new LogCatalog(std::move(database)));
}

Result<LogGroup> LogCatalog::add_group(LogGroup group, const LogTags& tags) {
  const std::lock_guard lock(mutex_);
  TRY(Transaction transaction, Transaction::begin(database_));
  TRY(Statement * insert, database_.cached("INSERT INTO log_group(name, created, retention, class,"
                                           " kms_key) VALUES(?, ?, ?, ?, ?)"));
  TRY_VOID(insert->use()
               .bind(group.name)
               .bind(to_milliseconds(group.creation_time))
               .bind(group.retention_days)
               .bind(group.storage_class)
               .bind(group.kms_key)
               .run());
  group.id = database_.last_insert_id();
  TRY_VOID(insert_tags(group.id, tags));
  TRY_VOID(transaction.commit());
  return group;
}

Result<LogGroup> LogCatalog::find_group(const std::string& name) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * select,
      database_.cached("SELECT " GROUP_COLUMNS " FROM log_group WHERE name = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(name).step());
  if (!found) return failure(ErrorKind::not_found, fmt::format("there is no log group {}", name));
  return group_of(query);
}

Result<std::vector<LogGroup>> LogCatalog::list_groups(const LogNameQuery& query) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * select,
      database_.cached("SELECT " GROUP_COLUMNS " FROM log_group WHERE name > ?1 AND name >= ?2 AND"
                       " (?3 IS NULL OR name < ?3) AND (?4 = '' OR instr(name, ?4) > 0) AND"
                       " (?5 IS NULL OR class = ?5) ORDER BY name LIMIT ?6"));
  Query rows = select->use();
  rows.bind(query.after)
      .bind(query.prefix)
      .bind(end_of_prefix(query.prefix))
      .bind(query.contains)
      .bind(query.storage_class)
      .bind(limit_of(query));
  return rows_of(rows, group_of);
}

Result<void> LogCatalog::remove_group(std::int64_t group) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * remove, database_.cached("DELETE FROM log_group WHERE id = ?"));
  return remove->use().bind(group).run();
}

Result<void> LogCatalog::set_retention(std::int64_t group, std::optional<int> days) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * update, database_.cached("UPDATE log_group SET retention = ? WHERE id = ?"));
  return update->use().bind(days).bind(group).run();
}

Result<LogTags> LogCatalog::tags(std::int64_t group) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * select,
      database_.cached("SELECT key, value FROM log_group_tag WHERE log_group = ?"));
  Query query = select->use();
  query.bind(group);
  LogTags tags;
  for (;;) {
    TRY(const bool found, query.step());
    if (!found) return tags;
    tags[query.text(0)] = query.text(1);
  }
}

Result<void> LogCatalog::replace_tags(std::int64_t group, const LogTags& tags) {
  const std::lock_guard lock(mutex_);
  TRY(Transaction transaction, Transaction::begin(database_));
  TRY(Statement * remove, database_.cached("DELETE FROM log_group_tag WHERE log_group = ?"));
  TRY_VOID(remove->use().bind(group).run());
  TRY_VOID(insert_tags(group, tags));
  return transaction.commit();
}

Result<void> LogCatalog::insert_tags(std::int64_t group, const LogTags& tags) {
  TRY(Statement * insert,
      database_.cached("INSERT INTO log_group_tag(log_group, key, value) VALUES(?, ?, ?)"));
  for (const auto& [key, value] : tags) {
    TRY_VOID(insert->use().bind(group).bind(key).bind(value).run());
  }
  return {};
}

Result<LogStream> LogCatalog::add_stream(std::int64_t group, const std::string& name,
                                         Time creation_time, std::int64_t job) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * insert,
      database_.cached("INSERT INTO log_stream(log_group, name, created, job) VALUES(?, ?, ?, ?)"));
  const std::optional<std::int64_t> owner =
      job == 0 ? std::nullopt : std::optional<std::int64_t>(job);
  TRY_VOID(
      insert->use().bind(group).bind(name).bind(to_milliseconds(creation_time)).bind(owner).run());
  return LogStream{database_.last_insert_id(), name, creation_time};
}

Result<LogStream> LogCatalog::find_stream(std::int64_t group, const std::string& name) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * select, database_.cached("SELECT " STREAM_COLUMNS
                                           " FROM log_stream WHERE log_group = ? AND name = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(group).bind(name).step());
  if (!found) return failure(ErrorKind::not_found, fmt::format("there is no log stream {}", name));
  return stream_of(query);
}

Result<LogStream> LogCatalog::find_job_stream(std::int64_t job) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * select,
      database_.cached("SELECT " STREAM_COLUMNS " FROM log_stream WHERE job = ?"));
  Query query = select->use();
  TRY(const bool found, query.bind(job).step());
  if (!found) return failure(ErrorKind::not_found, "the job has no log stream");
  return stream_of(query);
}

Result<std::vector<LogStream>> LogCatalog::list_streams(std::int64_t group,
                                                        const LogNameQuery& query) {
  const std::lock_guard lock(mutex_);
  constexpr const char* ascending =
      "SELECT " STREAM_COLUMNS
      " FROM log_stream WHERE log_group = ?1 AND (?2 = '' OR name > ?2) AND name >= ?3 AND"
      " (?4 IS NULL OR name < ?4) ORDER BY name LIMIT ?5";
  constexpr const char* descending =
      "SELECT " STREAM_COLUMNS
      " FROM log_stream WHERE log_group = ?1 AND (?2 = '' OR name < ?2) AND name >= ?3 AND"
      " (?4 IS NULL OR name < ?4) ORDER BY name DESC LIMIT ?5";
  TRY(Statement * select, database_.cached(query.descending ? descending : ascending));
  Query rows = select->use();
  rows.bind(group)
      .bind(query.after)
      .bind(query.prefix)
      .bind(end_of_prefix(query.prefix))
      .bind(limit_of(query));
  return rows_of(rows, stream_of);
}

Result<std::vector<LogStream>> LogCatalog::all_streams() {
  const std::lock_guard lock(mutex_);
  TRY(Statement * select, database_.cached("SELECT " STREAM_COLUMNS " FROM log_stream"));
  Query rows = select->use();
  return rows_of(rows, stream_of);
}

Result<void> LogCatalog::remove_stream(std::int64_t stream) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * remove, database_.cached("DELETE FROM log_stream WHERE id = ?"));
  return remove->use().bind(stream).run();
}

}  // namespace trainyard
