#include "runtime/store/sqlite_journal.h"

#include <array>

#include "runtime/store/job_listing.h"

namespace trainyard {

namespace {

// Times are nanoseconds since the epoch. `status` to `training_end_time` are derived from the
// events.
constexpr std::array schema_steps{R"sql(
  CREATE TABLE jobs (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    name               TEXT NOT NULL UNIQUE COLLATE NOCASE,
    arn                TEXT NOT NULL,
    spec               TEXT NOT NULL,
    document           TEXT NOT NULL,
    status             TEXT NOT NULL,
    secondary_status   TEXT NOT NULL,
    creation_time      INTEGER NOT NULL,
    last_modified_time INTEGER NOT NULL,
    training_end_time  INTEGER,
    finished           INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX jobs_by_creation ON jobs (creation_time, name COLLATE BINARY);
  CREATE INDEX jobs_by_status ON jobs (status, name COLLATE BINARY);
  CREATE INDEX jobs_unfinished ON jobs (id) WHERE finished = 0;
  CREATE TABLE events (
    job_id  INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    time    INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (job_id, number)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tags (
    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (job_id, key)
  ) STRICT, WITHOUT ROWID;
)sql"};

std::int64_t nanoseconds(Time time) {
  return time.time_since_epoch().count();
}

Time from_nanoseconds(std::int64_t count) {
  return Time(std::chrono::nanoseconds(count));
}

std::optional<std::int64_t> nanoseconds(const std::optional<Time>& time) {
  if (!time) return std::nullopt;
  return nanoseconds(*time);
}

Error no_such_job(const std::string& name) {
  return {ErrorKind::not_found, fmt::format("there is no training job {}", name)};
}

}  // namespace

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const std::filesystem::path& file) {
  TRY(Database database, Database::open(file, Database::Sync::full));
  TRY_VOID(database.migrate(schema_steps));
  std::unique_ptr<SqliteJournal> journal(new SqliteJournal(std::move(database)));
  TRY_VOID(journal->prepare());
  return journal;
}

Result<void> SqliteJournal::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&insert_job_,
       "INSERT INTO jobs (name, arn, spec, document, status, secondary_status, creation_time, "
       "last_modified_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
      {&insert_event_,
       "INSERT INTO events (job_id, number, time, kind, details) VALUES "
       "(?1, (SELECT count(*) FROM events WHERE job_id = ?1), ?2, ?3, ?4)"},
      {&update_columns_,
       "UPDATE jobs SET status = ?, secondary_status = ?, last_modified_time = ?, "
       "training_end_time = ?, finished = ? WHERE id = ?"},
      {&update_document_, "UPDATE jobs SET document = ?, last_modified_time = ? WHERE id = ?"},
      {&select_by_name_, "SELECT id, spec, document, last_modified_time FROM jobs WHERE name = ?"},
      {&select_unfinished_,
       "SELECT id, spec, document, last_modified_time FROM jobs WHERE finished = 0 ORDER BY id"},
      {&select_events_, "SELECT time, kind, details FROM events WHERE job_id = ? ORDER BY number"},
      {&delete_job_, "DELETE FROM jobs WHERE id = ?"},
      {&delete_tags_, "DELETE FROM tags WHERE job_id = ?"},
      {&insert_tag_, "INSERT INTO tags (job_id, key, value) VALUES (?, ?, ?)"},
      {&select_tags_, "SELECT key, value FROM tags WHERE job_id = ? ORDER BY key"},
  };
  for (const auto& [statement, sql] : statements) {
    TRY(*statement, database_.prepare(sql));
  }
  return {};
}

Result<JobId> SqliteJournal::add(const JobState& accepted, const Tags& tags) {
  const std::lock_guard lock(mutex_);
  const JobRecord& record = accepted.record;
  TRY(Transaction transaction, Transaction::begin(database_));
  {
    Query query = insert_job_.use();
    query.bind(record.spec.name)
        .bind(record.spec.arn)
        .bind(to_json(record.spec))
        .bind(record.document)
        .bind(to_string(record.status))
        .bind(to_string(record.secondary_status))
        .bind(nanoseconds(record.creation_time))
        .bind(nanoseconds(record.last_modified_time));
    TRY_VOID(query.run());
  }
  const JobId id = database_.last_insert_id();
  JobEvent event;
  event.time = record.creation_time;
  TRY_VOID(insert_event(id, event));
  TRY_VOID(insert_tags(id, tags));
  TRY_VOID(transaction.commit());
  return id;
}

Result<void> SqliteJournal::append(JobId id, const JobEvent& event, const JobState& state) {
  const std::lock_guard lock(mutex_);
  TRY(Transaction transaction, Transaction::begin(database_));
  TRY_VOID(insert_event(id, event));
  TRY_VOID(write_columns(id, state.record));
  return transaction.commit();
}

Result<void> SqliteJournal::insert_event(JobId id, const JobEvent& event) {
  return insert_event_.use()
      .bind(id)
      .bind(nanoseconds(event.time))
      .bind(to_string(event.kind))
      .bind(details_to_json(event))
      .run();
}

Result<void> SqliteJournal::write_columns(JobId id, const JobRecord& record) {
  return update_columns_.use()
      .bind(to_string(record.status))
      .bind(to_string(record.secondary_status))
      .bind(nanoseconds(record.last_modified_time))
      .bind(nanoseconds(record.training_end_time))
      .bind(is_terminal(record.status) ? 1 : 0)
      .bind(id)
      .run();
}

Result<StoredJob> SqliteJournal::load(Query& query) {
  StoredJob job;
  job.id = query.integer(0);
  TRY(JobSpec spec, job_spec_from_json(query.text(1)));
  std::string document = query.text(2);
  const Time modified = from_nanoseconds(query.integer(3));

  Query events = select_events_.use();
  events.bind(job.id);
  const std::string name = spec.name;
  bool first = true;
  for (;;) {
    TRY(const bool more, events.step());
    if (!more) break;
    JobEvent event;
    event.time = from_nanoseconds(events.integer(0));
    const auto kind = job_event_kind_from_string(events.view(1));
    if (!kind) {
      return failure(ErrorKind::data_corrupt,
                     fmt::format("the journal holds an event of unknown kind \"{}\" for job {}",
                                 events.view(1), name));
    }
    event.kind = *kind;
    TRY_VOID(details_from_json(events.text(2), event));
    if (first) {
      job.state = begin_history(std::exchange(spec, {}), std::exchange(document, {}), event);
      first = false;
    } else {
      TRY_VOID(apply(job.state, event));
    }
  }
  // The document may have been replaced since the last event.
  job.state.record.last_modified_time = std::max(job.state.record.last_modified_time, modified);
  return job;
}

Result<StoredJob> SqliteJournal::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  Query query = select_by_name_.use();
  query.bind(name);
  TRY(const bool found, query.step());
  if (!found) return failure(no_such_job(name));
  return load(query);
}

Result<std::vector<StoredJob>> SqliteJournal::unfinished() {
  const std::lock_guard lock(mutex_);
  std::vector<StoredJob> jobs;
  Query query = select_unfinished_.use();
  for (;;) {
    TRY(const bool more, query.step());
    if (!more) return jobs;
    TRY(StoredJob job, load(query));
    jobs.push_back(std::move(job));
  }
}

Result<JobPage> SqliteJournal::list(const JobQuery& query) {
  const std::lock_guard lock(mutex_);
  return list_jobs(database_, query);
}

Result<void> SqliteJournal::remove(JobId id) {
  const std::lock_guard lock(mutex_);
  return delete_job_.use().bind(id).run();
}

Result<void> SqliteJournal::clear() {
  const std::lock_guard lock(mutex_);
  return database_.execute("DELETE FROM jobs");  // events and tags go with their jobs
}

Result<bool> SqliteJournal::ever_held() {
  const std::lock_guard lock(mutex_);
  // What AUTOINCREMENT counts by stays when the jobs go.
  TRY(Statement select, database_.prepare("SELECT 1 FROM sqlite_sequence WHERE name = 'jobs'"));
  return select.use().step();
}

Result<void> SqliteJournal::replace_document(JobId id, const std::string& document, Time modified) {
  const std::lock_guard lock(mutex_);
  return update_document_.use().bind(document).bind(nanoseconds(modified)).bind(id).run();
}

Result<Tags> SqliteJournal::tags(JobId id) {
  const std::lock_guard lock(mutex_);
  Tags tags;
  Query query = select_tags_.use();
  query.bind(id);
  for (;;) {
    TRY(const bool more, query.step());
    if (!more) return tags;
    tags[query.text(0)] = query.text(1);
  }
}

Result<void> SqliteJournal::replace_tags(JobId id, const Tags& tags) {
  const std::lock_guard lock(mutex_);
  TRY(Transaction transaction, Transaction::begin(database_));
  TRY_VOID(delete_tags_.use().bind(id).run());
  TRY_VOID(insert_tags(id, tags));
  return transaction.commit();
}

Result<void> SqliteJournal::insert_tags(JobId id, const Tags& tags) {
  for (const auto& [key, value] : tags) {
    TRY_VOID(insert_tag_.use().bind(id).bind(key).bind(value).run());
  }
  return {};
}

}  // namespace trainyard
