#pragma once

// The database behind the embedded object store: what buckets, objects and multipart uploads exist
// and which byte files hold them. The bytes are files beside it (runtime/object/object_files.h);
// this is where the two are kept in step.
//
// The table `unwanted` names every byte file that may exist without belonging to anything: one that
// is being written, and one whose owner is gone but which was not unlinked yet. A file is announced
// there before it is created, and the transaction that gives it an owner strikes it off. So
// whatever a crash leaves behind is listed, and is removed at the next start.
//
// One thread at a time: the object store locks.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/object/object_store.h"
#include "runtime/store/sqlite.h"

namespace trainyard {

using FileNames = std::vector<std::string>;

// Whether writes keep what they replace ("Using versioning in S3 buckets", Amazon S3 user guide).
enum class Versioning { off, enabled, suspended };

struct BucketRow {
  std::int64_t id = 0;
  Versioning versioning = Versioning::off;
};

class ObjectDatabase {
 public:
  static Result<std::unique_ptr<ObjectDatabase>> open(const std::filesystem::path& path);

  Result<Statement*> sql(const char* literal) { return database_.cached(literal); }
  // ErrorKind::not_found without such a bucket.
  Result<BucketRow> bucket(const std::string& name);

  // To be called, and to have succeeded, before the file is created.
  Result<void> announce(const std::string& file);
  Result<FileNames> unwanted();
  // The file was unlinked. Written with the next change.
  void forget(std::string file) { unlinked_.push_back(std::move(file)); }

 private:
  friend class ObjectChange;
  explicit ObjectDatabase(Database database) : database_(std::move(database)) {}

  Database database_;
  FileNames unlinked_;
};

// One transaction over the database. Undone at its end unless committed.
class ObjectChange {
 public:
  // A durable change survives a power cut, any other only the end of the process.
  static Result<ObjectChange> begin(ObjectDatabase& database, bool durable = false);
  ~ObjectChange();
  ObjectChange(ObjectChange&& other) noexcept;
  ObjectChange& operator=(ObjectChange&&) = delete;

  // The announced file now belongs to a row.
  Result<void> keep(const std::string& file);
  // The file belongs to no row any more.
  Result<void> discard(const std::string& file);
  // The same of an object's, which may have been promised to survive a power cut: it must not go
  // before what says so can be lost no more.
  Result<void> discard_object(const std::string& file);
  // Returns the discarded files: to be unlinked, then forgotten.
  Result<FileNames> commit();

 private:
  ObjectChange(ObjectDatabase& database, Transaction transaction, bool durable);

  ObjectDatabase* database_;
  std::optional<Transaction> transaction_;
  bool durable_;
  bool object_discarded_ = false;
  FileNames discarded_;
};

// What all rows of a statement have in its first column.
Result<std::vector<std::string>> first_column(Query& query);

// Columns that objects and uploads have in common.
std::string encode_metadata(const ObjectMetadata& metadata);
ObjectMetadata decode_metadata(std::string_view bytes);
std::string encode_part_sizes(const std::vector<std::uint64_t>& sizes);
std::vector<std::uint64_t> decode_part_sizes(std::string_view text);

}  // namespace trainyard
