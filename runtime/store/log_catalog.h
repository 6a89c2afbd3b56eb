#pragma once

// Which log groups and streams there are, and what belongs to a group besides its events: its
// retention and its tags. The events lie in a LogStore.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/store/sqlite.h"

namespace trainyard {

struct LogGroup {
  std::int64_t id = 0;
  std::string name;
  Time creation_time{};
  std::optional<int> retention_days;
  std::string storage_class;  // as its maker named it; kept only
  std::string kms_key;        // the same
};

struct LogStream {
  std::int64_t id = 0;  // never given twice
  std::string name;
  Time creation_time{};

  // By which a LogStore knows it.
  std::string key() const { return std::to_string(id); }
};

using LogTags = std::map<std::string, std::string>;

// Which names a listing shows, in the order of their bytes.
struct LogNameQuery {
  std::string prefix{};
  std::string contains{};
  std::string after{};                         // only names behind this one; empty: all
  std::optional<std::string> storage_class{};  // of groups
  bool descending = false;                     // of streams
  std::size_t limit = 50;
};

// Kept in a database; what was changed survives the end of the process. Any thread.
class LogCatalog {
 public:
  static Result<std::unique_ptr<LogCatalog>> open(const std::filesystem::path& path);

  // already_exists when the name is taken.
  Result<LogGroup> add_group(LogGroup group, const LogTags& tags);
  // not_found when there is none.
  Result<LogGroup> find_group(const std::string& name);
  Result<std::vector<LogGroup>> list_groups(const LogNameQuery& query);
  // With its tags and streams.
  Result<void> remove_group(std::int64_t group);
  Result<void> set_retention(std::int64_t group, std::optional<int> days);
  Result<LogTags> tags(std::int64_t group);
  Result<void> replace_tags(std::int64_t group, const LogTags& tags);

  // `job` is the number of the job whose output the stream holds, or 0.
  Result<LogStream> add_stream(std::int64_t group, const std::string& name, Time creation_time,
                               std::int64_t job = 0);
  Result<LogStream> find_stream(std::int64_t group, const std::string& name);
  Result<LogStream> find_job_stream(std::int64_t job);
  Result<std::vector<LogStream>> list_streams(std::int64_t group, const LogNameQuery& query);
  // Of all groups.
  Result<std::vector<LogStream>> all_streams();
  Result<void> remove_stream(std::int64_t stream);

 private:
  explicit LogCatalog(Database database) : database_(std::move(database)) {}
  Result<void> insert_tags(std::int64_t group, const LogTags& tags);

  std::mutex mutex_;
  Database database_;
};

}  // namespace trainyard
