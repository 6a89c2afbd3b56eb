#include "runtime/log/log_groups.h"

#include <limits>
#include <set>

namespace trainyard {

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

Error being_written(const std::string& stream) {
  return {ErrorKind::conflict, fmt::format("a job writes to the log stream {}", stream)};
}

}  // namespace

Result<std::unique_ptr<LogGroups>> LogGroups::open(const std::filesystem::path& directory,
                                                   Clock& clock,
                                                   std::chrono::milliseconds flush_interval) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  TRY(auto catalog, LogCatalog::open(directory / "catalog.db"));
  std::unique_ptr<LogGroups> groups(
      new LogGroups(std::move(catalog), directory / "streams", clock, flush_interval));
  TRY(const auto streams, groups->catalog_->all_streams());
  std::set<std::string> known;
  for (const LogStream& stream : streams) known.insert(stream.key());
  groups->store_.sweep([&](const std::string& key) { return known.contains(key); });
  return groups;
}

LogGroups::LogGroups(std::unique_ptr<LogCatalog> catalog, const std::filesystem::path& directory,
                     Clock& clock, std::chrono::milliseconds flush_interval)
    : clock_(clock), catalog_(std::move(catalog)), store_(directory, clock, flush_interval) {
}

Result<void> LogGroups::drop(const LogStream& stream) {
  // Files that stay behind are swept at the next start; a name without events would stay for ever.
  TRY_VOID(catalog_->remove_stream(stream.id));
  return store_.remove(stream.key());
}

Result<void> LogGroups::remove_group(const std::string& name) {
  const std::lock_guard lock(change_);
  TRY(const LogGroup group, catalog_->find_group(name));
  TRY(const auto streams, catalog_->list_streams(group.id, {.limit = all}));
  for (const LogStream& stream : streams) {
    if (store_.has_writer(stream.key())) return failure(being_written(stream.name));
  }
  TRY_VOID(catalog_->remove_group(group.id));
  for (const LogStream& stream : streams) TRY_VOID(store_.remove(stream.key()));
  return {};
}

Result<void> LogGroups::remove_stream(const std::string& group_name, const std::string& name) {
  const std::lock_guard lock(change_);
  TRY(const LogGroup group, catalog_->find_group(group_name));
  TRY(const LogStream stream, catalog_->find_stream(group.id, name));
  if (store_.has_writer(stream.key())) return failure(being_written(name));
  return drop(stream);
}

Result<LogGroup> LogGroups::training_group() {
  auto group = catalog_->find_group(std::string(training_log_group));
  if (group || group.error().kind != ErrorKind::not_found) return group;
  LogGroup made;
  made.name = training_log_group;
  made.creation_time = clock_.now();
  made.storage_class = "STANDARD";
  auto added = catalog_->add_group(made, {});
  if (added || added.error().kind != ErrorKind::already_exists) return added;
  return catalog_->find_group(made.name);
}

Result<LogStream> LogGroups::job_stream(std::int64_t job, const std::string& job_name) {
  auto known = catalog_->find_job_stream(job);
  if (known || known.error().kind != ErrorKind::not_found) return known;
  TRY(const LogGroup group, training_group());
  TRY(const auto earlier,
      catalog_->list_streams(group.id, {.prefix = job_name + "/", .limit = all}));
  for (const LogStream& stream : earlier) TRY_VOID(drop(stream));
  const Time now = clock_.now();
  return catalog_->add_stream(
      group.id, fmt::format("{}/algo-1-{}", job_name, to_milliseconds(now) / 1000), now, job);
}

Result<std::shared_ptr<LogWriter>> LogGroups::open_job_log(std::int64_t job,
                                                           const std::string& job_name) {
  const std::lock_guard lock(change_);
  TRY(const LogStream stream, job_stream(job, job_name));
  return store_.open_writer(stream.key());
}

Result<void> LogGroups::read_job_log(
    std::int64_t job, const std::function<Result<void>(Time, std::string_view)>& on_line) {
  const auto stream = catalog_->find_job_stream(job);
  if (!stream && stream.error().kind == ErrorKind::not_found) return {};
  if (!stream) return failure(stream.error());
  return store_.read(stream->key(), on_line);
}

Result<void> LogGroups::clear() {
  TRY(const auto groups, catalog_->list_groups({.limit = all}));
  for (const LogGroup& group : groups) {
    const auto removed = remove_group(group.name);
    if (removed || removed.error().kind == ErrorKind::not_found) continue;
    if (removed.error().kind != ErrorKind::conflict) return removed;
    TRY(const auto streams, catalog_->list_streams(group.id, {.limit = all}));
    for (const LogStream& stream : streams) {
      const auto gone = remove_stream(group.name, stream.name);
      if (!gone && gone.error().kind != ErrorKind::conflict &&
          gone.error().kind != ErrorKind::not_found) {
        return gone;
      }
    }
  }
  return {};
}

}  // namespace trainyard
