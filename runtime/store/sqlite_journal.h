#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include "runtime/store/journal.h"
#include "runtime/store/sqlite.h"

namespace trainyard {

// The journal in an SQLite file.
class SqliteJournal final : public Journal {
 public:
  static Result<std::unique_ptr<SqliteJournal>> open(const std::filesystem::path& file);

  Result<JobId> add(const JobState& accepted, const Tags& tags) override;
  Result<void> append(JobId id, const JobEvent& event, const JobState& state) override;
  Result<StoredJob> find(const std::string& name) override;
  Result<std::vector<StoredJob>> unfinished() override;
  Result<JobPage> list(const JobQuery& query) override;
  Result<void> remove(JobId id) override;
  Result<void> clear() override;
  Result<bool> ever_held() override;
  Result<void> replace_document(JobId id, const std::string& document, Time modified) override;
  Result<Tags> tags(JobId id) override;
  Result<void> replace_tags(JobId id, const Tags& tags) override;

 private:
  explicit SqliteJournal(Database database) : database_(std::move(database)) {}

  Result<void> prepare();
  Result<void> insert_event(JobId id, const JobEvent& event);
  Result<void> write_columns(JobId id, const JobRecord& record);
  Result<void> insert_tags(JobId id, const Tags& tags);
  // Builds the job of the row that `query` (id, spec, document, modified) stands on.
  Result<StoredJob> load(Query& query);

  std::mutex mutex_;  // guards everything below
  Database database_;
  Statement insert_job_;
  Statement insert_event_;
  Statement update_columns_;
  Statement update_document_;
  Statement select_by_name_;
  Statement select_unfinished_;
  Statement select_events_;
  Statement delete_job_;
  Statement delete_tags_;
  Statement insert_tag_;
  Statement select_tags_;
};

}  // namespace trainyard
