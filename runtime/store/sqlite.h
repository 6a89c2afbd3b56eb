#pragma once

// SQLite with owners and Results. What the journal and the index of the object store are written
// with; nothing outside runtime/store speaks SQL.
//
// A Database and everything made from it belong to one thread at a time: the caller locks. Errors
// carry SQLite's own text; a violated uniqueness is ErrorKind::already_exists, a file that is not
// (or no longer) a database data_corrupt, a full disk limit_exceeded, a lock that is held longer
// than the busy timeout unavailable.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "runtime/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace trainyard {

// Bytes to be bound as a BLOB; the view is copied when it is bound.
struct Blob {
  std::string_view bytes;
};

// One execution of a prepared statement. Binds from the first parameter on, in order; a failed bind
// is reported by `step`. Its end resets the statement and forgets what was bound, so that the
// statement can be used again and holds no lock.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(std::string_view text);
  Query& bind(const char* text) { return bind(std::string_view(text)); }
  Query& bind(const std::string& text) { return bind(std::string_view(text)); }
  Query& bind(std::int64_t number);
  Query& bind(int number) { return bind(std::int64_t{number}); }
  Query& bind(double number);
  Query& bind(bool) = delete;
  Query& bind(Blob blob);
  Query& bind(std::nullptr_t);
  template <typename T>
  Query& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind(nullptr);
  }

  // True: a row is there. False: there are no more.
  Result<bool> step();
  // Steps to the end; for statements whose rows nobody wants.
  Result<void> run();

  // Columns of the row, from 0. NULL reads as 0 and "". `view` is valid until the next step.
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view view(int column) const;  // TEXT or BLOB
  std::string text(int column) const { return std::string(view(column)); }
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<std::string> optional_text(int column) const;

 private:
  void note(int code);

  sqlite3_stmt* statement_;
  int parameter_ = 0;
  int bind_error_ = 0;
};

// A prepared statement. Must not outlive its database.
class Statement {
 public:
  Statement() = default;

  // One at a time.
  Query use() { return Query(statement_.get()); }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  // What a commit survives: `full` a power cut, `normal` only the end of this process.
  enum class Sync { normal, full };

  // Opens, or creates, the file: write-ahead log, foreign keys on, a busy timeout of 5 s.
  static Result<Database> open(const std::filesystem::path& path, Sync sync);

  Result<Statement> prepare(std::string_view sql);
  // Prepared at its first use and kept; `sql` must be a literal. The pointer stays valid as long as
  // the connection does.
  Result<Statement*> cached(const char* sql);
  // Runs any number of statements, separated by ";".
  Result<void> execute(const std::string& sql);
  // Not inside a transaction.
  Result<void> set_sync(Sync sync);
  // What was committed so far survives a power cut from now on. Not inside a transaction.
  Result<void> sync_log();

  // Brings the schema up to date: `steps[n]` is the SQL that leads from version n to n + 1. The
  // version lives in the file. A file of a later version is ErrorKind::conflict.
  Result<void> migrate(std::span<const char* const> steps);

  std::int64_t last_insert_id() const;
  // Rows that the latest INSERT, UPDATE or DELETE touched.
  std::int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  std::unique_ptr<sqlite3, Close> connection_;
  std::unordered_map<std::string_view, Statement> statements_;  // gone before the connection
};

// Everything or nothing: rolls back at its end unless committed. They do not nest.
class Transaction {
 public:
  // Takes the write lock at once, so that no later statement fails for want of it.
  static Result<Transaction> begin(Database& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;

  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;
};

}  // namespace trainyard
