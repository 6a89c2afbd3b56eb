#include "runtime/store/sqlite.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "runtime/base/unique_fd.h"

namespace trainyard {

namespace {

constexpr int busy_timeout_milliseconds = 5000;

ErrorKind kind_of_code(int code) {
  if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE) {
    return ErrorKind::already_exists;
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return ErrorKind::conflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::data_corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::unavailable;
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
      return ErrorKind::limit_exceeded;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return ErrorKind::permission_denied;
    default:
      return ErrorKind::internal;
  }
}

tl::unexpected<Error> database_error(sqlite3* connection, std::string_view what) {
  const char* file = sqlite3_db_filename(connection, "main");
  return failure(kind_of_code(sqlite3_extended_errcode(connection)),
                 fmt::format("database {}: {}: {}", file == nullptr ? "" : file, what,
                             sqlite3_errmsg(connection)));
}

}  // namespace

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::note(int code) {
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
}

Query& Query::bind(std::string_view text) {
  note(sqlite3_bind_text64(statement_, ++parameter_, text.empty() ? "" : text.data(), text.size(),
                           SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Query& Query::bind(std::int64_t number) {
  note(sqlite3_bind_int64(statement_, ++parameter_, number));
  return *this;
}

Query& Query::bind(double number) {
  note(sqlite3_bind_double(statement_, ++parameter_, number));
  return *this;
}

Query& Query::bind(Blob blob) {
  // A null pointer would be bound as NULL, not as an empty BLOB.
  note(sqlite3_bind_blob64(statement_, ++parameter_, blob.bytes.empty() ? "" : blob.bytes.data(),
                           blob.bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Query& Query::bind(std::nullptr_t) {
  note(sqlite3_bind_null(statement_, ++parameter_));
  return *this;
}

Result<bool> Query::step() {
  if (bind_error_ != SQLITE_OK) {
    return failure(ErrorKind::internal,
                   fmt::format("binding a value: {}", sqlite3_errstr(bind_error_)));
  }
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_error(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
}

Result<void> Query::run() {
  for (;;) {
    TRY(const bool row, step());
    if (!row) return {};
  }
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Query::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string_view Query::view(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr || size <= 0) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Query::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Database::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

Result<Database> Database::open(const std::filesystem::path& path, Sync sync) {
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  Database database;
  database.connection_.reset(connection);
  if (code != SQLITE_OK) {
    return failure(kind_of_code(code),
                   fmt::format("opening database {}: {}", path.string(), sqlite3_errstr(code)));
  }
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, busy_timeout_milliseconds);
  // A new file has nothing to roll back to: without a journal on disk its beginning is synced once
  // instead of four times, which is what the first start of a daemon takes longest for.
  std::error_code missing;
  const bool is_new = std::filesystem::file_size(path, missing) == 0 || missing;
  if (is_new) TRY_VOID(database.execute("PRAGMA journal_mode=MEMORY"));
  TRY_VOID(database.execute("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON"));
  TRY_VOID(database.set_sync(sync));
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement;
  statement.statement_.reset(raw);
  if (code != SQLITE_OK) return database_error(connection_.get(), sql);
  if (raw == nullptr) return failure(ErrorKind::internal, "an empty SQL statement");
  return statement;
}

Result<Statement*> Database::cached(const char* sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return &known->second;
  TRY(Statement statement, prepare(sql));
  return &statements_.emplace(sql, std::move(statement)).first->second;
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return database_error(connection_.get(), sql);
  }
  return {};
}

Result<void> Database::set_sync(Sync sync) {
  return execute(sync == Sync::full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

Result<void> Database::sync_log() {
  const char* const path = sqlite3_filename_wal(sqlite3_db_filename(connection_.get(), "main"));
  const UniqueFd log(::open(path, O_RDONLY | O_CLOEXEC));
  if (!log && errno == ENOENT) return {};
  if (!log || ::fdatasync(log.get()) != 0) {
    return failure(system_error(errno, std::string("syncing ") + path));
  }
  return {};
}

Result<void> Database::migrate(std::span<const char* const> steps) {
  TRY(Transaction transaction, Transaction::begin(*this));
  std::size_t version = 0;
  {
    TRY(Statement statement, prepare("PRAGMA user_version"));
    Query query = statement.use();
    TRY_VOID(query.step());
    version = static_cast<std::size_t>(query.integer(0));
  }
  if (version > steps.size()) {
    return failure(
        ErrorKind::conflict,
        fmt::format("database {} was written by a later version of this program "
                    "(schema {}, this one knows {})",
                    sqlite3_db_filename(connection_.get(), "main"), version, steps.size()));
  }
  if (version == steps.size()) return {};
  for (const char* step : steps.subspan(version)) TRY_VOID(execute(step));
  TRY_VOID(execute(fmt::format("PRAGMA user_version={}", steps.size())));
  return transaction.commit();
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(connection_.get());
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(connection_.get());
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY_VOID(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // Fails when SQLite has already rolled back by itself (a full disk, say): the same outcome.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  TRY_VOID(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace trainyard
