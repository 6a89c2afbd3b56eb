#include "runtime/store/metric_store.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

namespace trainyard {

namespace {

using Json = nlohmann::json;

// Times are milliseconds since the epoch; dimensions are a JSON object with sorted names.
constexpr const char* schema[] = {R"sql(
CREATE TABLE series(
  id INTEGER PRIMARY KEY,
  name_space TEXT NOT NULL,
  name TEXT NOT NULL,
  dimensions TEXT NOT NULL,
  UNIQUE(name_space, name, dimensions)
) STRICT;
CREATE TABLE sample(
  id INTEGER PRIMARY KEY,
  series INTEGER NOT NULL REFERENCES series(id),
  time INTEGER NOT NULL,
  unit TEXT NOT NULL,
  count REAL NOT NULL,
  sum REAL NOT NULL,
  minimum REAL NOT NULL,
  maximum REAL NOT NULL
) STRICT;
CREATE INDEX sample_by_time ON sample(series, time);
CREATE TABLE job(
  id INTEGER PRIMARY KEY,
  next_event INTEGER NOT NULL
) STRICT;
CREATE TABLE final(
  job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY(job, name)
) STRICT, WITHOUT ROWID;
)sql",
                                  // They were kept once, and counted.
                                  R"sql(
DELETE FROM series WHERE id NOT IN (SELECT series FROM sample);
)sql"};

constexpr std::string_view in_stretch = " FROM sample WHERE series = ? AND time >= ? AND time < ?";

std::string to_text(const std::map<std::string, std::string>& dimensions) {
  return Json(dimensions).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::map<std::string, std::string> dimensions_from(std::string_view text) {
  return Json::parse(text).get<std::map<std::string, std::string>>();
}

// The periods of a stretch are numbered from its start.
std::string select_periods(const MetricQuery& query, std::string_view columns) {
  return fmt::format("SELECT (time - {}) / {} AS period, unit, {}{}{}",
                     to_milliseconds(query.start), std::chrono::milliseconds(query.period).count(),
                     columns, in_stretch, query.unit ? " AND unit = ?" : "");
}

void bind_stretch(Query& rows, const MetricQuery& query, std::int64_t series) {
  rows.bind(series).bind(to_milliseconds(query.start)).bind(to_milliseconds(query.end));
  if (query.unit) rows.bind(*query.unit);
}

Result<std::vector<std::int64_t>> numbers(Query& rows) {
  std::vector<std::int64_t> all;
  for (;;) {
    TRY(const bool more, rows.step());
    if (!more) return all;
    all.push_back(rows.integer(0));
  }
}

Time start_of(const MetricQuery& query, std::int64_t period) {
  return from_milliseconds(to_milliseconds(query.start) +
                           std::chrono::milliseconds(query.period).count() * period);
}

// Takes the values of one period in rising order, and knows each percentile once enough were taken:
// the smallest value that so many per cent of all are not above.
class PercentileFinder {
 public:
  PercentileFinder(const std::vector<double>& wanted, MetricPeriod& period)
      : wanted_(wanted), period_(period) {
    period_.percentiles.assign(wanted.size(), std::nullopt);
  }

  void take(double minimum, double maximum, double count) {
    known_ = known_ && minimum == maximum;
    taken_ += count;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      auto& found = period_.percentiles[i];
      if (!found && taken_ >= wanted_[i] / 100 * period_.count) found = minimum;
    }
    if (!known_) period_.percentiles.assign(wanted_.size(), std::nullopt);
  }

 private:
  const std::vector<double>& wanted_;
  MetricPeriod& period_;
  double taken_ = 0;
  bool known_ = true;
};

}  // namespace

Result<std::unique_ptr<MetricStore>> MetricStore::open(const std::filesystem::path& file,
                                                       const MetricLimits& limits) {
  TRY(Database database, Database::open(file, Database::Sync::normal));
  TRY_VOID(database.migrate(schema));
  return std::unique_ptr<MetricStore>(new MetricStore(std::move(database), limits));
}

Result<void> MetricStore::put(std::span<const MetricData> data) {
  const std::lock_guard lock(mutex_);
  TRY(Transaction transaction, Transaction::begin(database_));
  TRY_VOID(put_locked(data));
  return transaction.commit();
}

Result<void> MetricStore::put_locked(std::span<const MetricData> data) {
  TRY(Statement * insert,
      database_.cached("INSERT INTO sample(series, time, unit, count, sum, minimum, maximum) "
                       "VALUES(?, ?, ?, ?, ?, ?, ?)"));
  for (const MetricData& one : data) {
    if (one.samples.empty()) continue;
    TRY(const std::int64_t series, series_id(one.metric));
    for (const MetricSample& sample : one.samples) {
      TRY_VOID(insert->use()
                   .bind(series)
                   .bind(to_milliseconds(sample.time))
                   .bind(sample.unit)
                   .bind(sample.count)
                   .bind(sample.sum)
                   .bind(sample.minimum)
                   .bind(sample.maximum)
                   .run());
    }
  }
  return drop_oldest();
}

Result<std::int64_t> MetricStore::series_id(const MetricName& metric) {
  const std::string dimensions = to_text(metric.dimensions);
  TRY(Statement * select, database_.cached("SELECT id FROM series WHERE name_space = ? AND "
                                           "name = ? AND dimensions = ?"));
  {
    Query query = select->use();
    TRY(const bool found, query.bind(metric.name_space).bind(metric.name).bind(dimensions).step());
    if (found) return query.integer(0);
  }
  TRY_VOID(make_room());
  TRY(Statement * insert,
      database_.cached("INSERT INTO series(name_space, name, dimensions) VALUES(?, ?, ?)"));
  TRY_VOID(insert->use().bind(metric.name_space).bind(metric.name).bind(dimensions).run());
  return database_.last_insert_id();
}

// To find those that go every sample is looked at, so some go at once.
Result<void> MetricStore::make_room() {
  TRY(Statement * count, database_.cached("SELECT count(*) FROM series"));
  {
    Query query = count->use();
    TRY_VOID(query.step());
    if (query.integer(0) < limits_.series) return {};
  }
  TRY(Statement * select,
      database_.cached("SELECT series FROM sample GROUP BY series ORDER BY max(id) LIMIT ?"));
  std::vector<std::int64_t> unused;
  {
    Query query = select->use();
    query.bind(std::max<std::int64_t>(limits_.series / 100, 1));
    TRY(unused, numbers(query));
  }
  TRY(Statement * samples, database_.cached("DELETE FROM sample WHERE series = ?"));
  TRY(Statement * drop, database_.cached("DELETE FROM series WHERE id = ?"));
  for (const std::int64_t series : unused) {
    TRY_VOID(samples->use().bind(series).run());
    TRY_VOID(drop->use().bind(series).run());
  }
  return {};
}

Result<void> MetricStore::drop_oldest() {
  TRY(Statement * select, database_.cached("SELECT DISTINCT series FROM sample "
                                           "WHERE id <= (SELECT max(id) FROM sample) - ?"));
  std::vector<std::int64_t> shortened;
  {
    Query query = select->use();
    TRY(shortened, numbers(query.bind(limits_.samples)));
  }
  TRY(Statement * drop,
      database_.cached("DELETE FROM sample WHERE id <= (SELECT max(id) FROM sample) - ?"));
  TRY_VOID(drop->use().bind(limits_.samples).run());
  TRY(Statement * drop_series,
      database_.cached("DELETE FROM series WHERE id = ? "
                       "AND NOT EXISTS (SELECT 1 FROM sample WHERE series = series.id)"));
  for (const std::int64_t series : shortened) TRY_VOID(drop_series->use().bind(series).run());
  return {};
}

Result<std::vector<MetricPeriod>> MetricStore::query(const MetricQuery& query, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<MetricPeriod> periods;
  TRY(Statement * select, database_.cached("SELECT id FROM series WHERE name_space = ? AND "
                                           "name = ? AND dimensions = ?"));
  Query known = select->use();
  known.bind(query.metric.name_space).bind(query.metric.name);
  TRY(const bool found, known.bind(to_text(query.metric.dimensions)).step());
  if (!found) return periods;
  const std::int64_t series = known.integer(0);

  TRY(Statement statement,
      database_.prepare(select_periods(query, "sum(count), sum(sum), min(minimum), max(maximum)") +
                        " GROUP BY period, unit ORDER BY period, unit"));
  Query rows = statement.use();
  bind_stretch(rows, query, series);
  for (;;) {
    TRY(const bool more, rows.step());
    if (!more) break;
    if (periods.size() == limit) {
      return failure(ErrorKind::limit_exceeded,
                     fmt::format("there are more than {} periods", limit));
    }
    periods.push_back({start_of(query, rows.integer(0)),
                       rows.text(1),
                       rows.real(2),
                       rows.real(3),
                       rows.real(4),
                       rows.real(5),
                       {}});
  }
  if (!query.percentiles.empty()) TRY_VOID(add_percentiles(query, series, periods));
  return periods;
}

Result<void> MetricStore::add_percentiles(const MetricQuery& query, std::int64_t series,
                                          std::vector<MetricPeriod>& periods) {
  TRY(Statement statement, database_.prepare(select_periods(query, "minimum, maximum, count") +
                                             " ORDER BY period, unit, minimum"));
  Query rows = statement.use();
  bind_stretch(rows, query, series);
  auto period = periods.begin();
  std::optional<PercentileFinder> finder;
  for (;;) {
    TRY(const bool more, rows.step());
    if (!more) return {};
    const Time start = start_of(query, rows.integer(0));
    while (period != periods.end() && (period->start != start || period->unit != rows.view(1))) {
      ++period;
      finder.reset();
    }
    if (period == periods.end()) return {};
    if (!finder) finder.emplace(query.percentiles, *period);
    finder->take(rows.real(2), rows.real(3), rows.real(4));
  }
}

Result<MetricPage> MetricStore::list(const MetricListQuery& query) {
  const std::lock_guard lock(mutex_);
  std::string sql =
      "SELECT name_space, name, dimensions FROM series WHERE EXISTS "
      "(SELECT 1 FROM sample WHERE series = series.id AND time >= ?)";
  if (query.name_space) sql += " AND name_space = ?";
  if (query.name) sql += " AND name = ?";
  for (const auto& [name, value] : query.dimensions) {
    sql += " AND EXISTS (SELECT 1 FROM json_each(dimensions) WHERE key = ?";
    sql += value ? " AND value = ?)" : ")";
  }
  if (query.after) sql += " AND (name_space, name, dimensions) > (?, ?, ?)";
  sql += " ORDER BY name_space, name, dimensions LIMIT ?";

  TRY(Statement statement, database_.prepare(sql));
  Query rows = statement.use();
  rows.bind(query.active_since ? to_milliseconds(*query.active_since)
                               : std::numeric_limits<std::int64_t>::min());
  if (query.name_space) rows.bind(*query.name_space);
  if (query.name) rows.bind(*query.name);
  for (const auto& [name, value] : query.dimensions) {
    rows.bind(name);
    if (value) rows.bind(*value);
  }
  if (query.after) {
    rows.bind(query.after->name_space).bind(query.after->name);
    rows.bind(to_text(query.after->dimensions));
  }
  // One row beyond the page tells whether there is more.
  rows.bind(static_cast<std::int64_t>(query.limit) + 1);
  MetricPage page;
  for (;;) {
    TRY(const bool more, rows.step());
    if (!more) return page;
    if (page.metrics.size() == query.limit) {
      page.more = true;
      return page;
    }
    page.metrics.push_back({rows.text(0), rows.text(1), dimensions_from(rows.view(2))});
  }
}

Result<void> MetricStore::put_of_job(std::int64_t job, const JobMetrics& metrics,
                                     std::span<const MetricData> data) {
  const std::lock_guard lock(mutex_);
  TRY(Transaction transaction, Transaction::begin(database_));
  TRY_VOID(put_locked(data));
  TRY(Statement * place, database_.cached("INSERT INTO job(id, next_event) VALUES(?1, ?2) "
                                          "ON CONFLICT(id) DO UPDATE SET next_event = ?2"));
  TRY_VOID(place->use().bind(job).bind(static_cast<std::int64_t>(metrics.next_event)).run());
  TRY(Statement * insert,
      database_.cached("INSERT OR REPLACE INTO final(job, name, value, time) VALUES(?, ?, ?, ?)"));
  for (const FinalMetric& final : metrics.finals) {
    TRY_VOID(insert->use()
                 .bind(job)
                 .bind(final.name)
                 .bind(final.value)
                 .bind(to_milliseconds(final.time))
                 .run());
  }
  return transaction.commit();
}

Result<JobMetrics> MetricStore::of_job(std::int64_t job) {
  const std::lock_guard lock(mutex_);
  JobMetrics metrics;
  TRY(Statement * place, database_.cached("SELECT next_event FROM job WHERE id = ?"));
  {
    Query query = place->use();
    TRY(const bool known, query.bind(job).step());
    if (!known) return metrics;
    metrics.next_event = static_cast<std::uint64_t>(query.integer(0));
  }
  TRY(Statement * select,
      database_.cached("SELECT name, value, time FROM final WHERE job = ? ORDER BY name"));
  Query query = select->use();
  query.bind(job);
  for (;;) {
    TRY(const bool more, query.step());
    if (!more) return metrics;
    metrics.finals.push_back({query.text(0), query.real(1), from_milliseconds(query.integer(2))});
  }
}

Result<void> MetricStore::forget_job(std::int64_t job) {
  const std::lock_guard lock(mutex_);
  TRY(Statement * drop, database_.cached("DELETE FROM job WHERE id = ?"));
  return drop->use().bind(job).run();
}

Result<void> MetricStore::clear() {
  const std::lock_guard lock(mutex_);
  TRY(Transaction transaction, Transaction::begin(database_));
  TRY_VOID(database_.execute("DELETE FROM job; DELETE FROM sample; DELETE FROM series"));
  return transaction.commit();
}

}  // namespace trainyard
