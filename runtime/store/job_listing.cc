#include "runtime/store/job_listing.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace trainyard {

namespace {

using Parameter = std::variant<std::int64_t, std::string>;

// A WHERE clause that grows condition by condition, with the values of its parameters in order.
struct Conditions {
  std::string sql;
  std::vector<Parameter> parameters;

  void add(std::string_view condition, std::initializer_list<Parameter> values) {
    sql += sql.empty() ? " WHERE " : " AND ";
    sql += condition;
    parameters.insert(parameters.end(), values);
  }
};

std::string_view sort_column(JobQuery::Sort sort) {
  switch (sort) {
    case JobQuery::Sort::name:
      return "name";
    case JobQuery::Sort::status:
      return "status";
    case JobQuery::Sort::creation_time:
      return "creation_time";
  }
  return "creation_time";
}

std::int64_t nanoseconds(Time time) {
  return time.time_since_epoch().count();
}

void add_filters(Conditions& where, const JobQuery& query) {
  if (query.created_after) where.add("creation_time > ?", {nanoseconds(*query.created_after)});
  if (query.created_before) where.add("creation_time < ?", {nanoseconds(*query.created_before)});
  if (query.modified_after) {
    where.add("last_modified_time > ?", {nanoseconds(*query.modified_after)});
  }
  if (query.modified_before) {
    where.add("last_modified_time < ?", {nanoseconds(*query.modified_before)});
  }
  // instr, not LIKE: the name's case counts and "_" is only itself.
  if (!query.name_contains.empty()) where.add("instr(name, ?) > 0", {query.name_contains});
  if (query.status) where.add("status = ?", {std::string(to_string(*query.status))});
}

// Everything that comes behind `position` in the order that is asked for.
void add_position(Conditions& where, const JobQuery& query, const JobQuery::Position& position) {
  const std::string_view beyond = query.descending ? "<" : ">";
  if (query.sort == JobQuery::Sort::name) {
    where.add(fmt::format("name {} ? COLLATE BINARY", beyond), {position.name});
    return;
  }
  Parameter key = position.key;
  if (query.sort == JobQuery::Sort::creation_time) {
    key = static_cast<std::int64_t>(std::strtoll(position.key.c_str(), nullptr, 10));
  }
  where.add(fmt::format("({}, name COLLATE BINARY) {} (?, ?)", sort_column(query.sort), beyond),
            {key, position.name});
}

JobSummary summary_of(const Query& row) {
  JobSummary job;
  job.name = row.text(0);
  job.arn = row.text(1);
  job.status = job_status_from_string(row.view(2)).value_or(JobStatus::failed);
  job.secondary_status =
      secondary_status_from_string(row.view(3)).value_or(SecondaryStatus::failed);
  job.creation_time = Time(std::chrono::nanoseconds(row.integer(4)));
  job.last_modified_time = Time(std::chrono::nanoseconds(row.integer(5)));
  if (const auto end = row.optional_integer(6)) {
    job.training_end_time = Time(std::chrono::nanoseconds(*end));
  }
  return job;
}

JobQuery::Position position_of(const JobSummary& job, JobQuery::Sort sort) {
  switch (sort) {
    case JobQuery::Sort::name:
      return {"", job.name};
    case JobQuery::Sort::status:
      return {std::string(to_string(job.status)), job.name};
    case JobQuery::Sort::creation_time:
      break;
  }
  return {std::to_string(nanoseconds(job.creation_time)), job.name};
}

}  // namespace

Result<JobPage> list_jobs(Database& database, const JobQuery& query) {
  Conditions where;
  add_filters(where, query);
  if (query.after) add_position(where, query, *query.after);

  const std::string_view direction = query.descending ? "DESC" : "ASC";
  std::string sql =
      "SELECT name, arn, status, secondary_status, creation_time, last_modified_time, "
      "training_end_time FROM jobs" +
      where.sql + " ORDER BY ";
  if (query.sort != JobQuery::Sort::name) {
    sql += fmt::format("{} {}, ", sort_column(query.sort), direction);
  }
  // One row beyond the page tells whether there is more.
  sql += fmt::format("name COLLATE BINARY {} LIMIT {}", direction, query.limit + 1);

  TRY(Statement statement, database.prepare(sql));
  Query rows = statement.use();
  for (const Parameter& parameter : where.parameters) {
    std::visit([&](const auto& value) { rows.bind(value); }, parameter);
  }
  JobPage page;
  for (;;) {
    TRY(const bool more, rows.step());
    if (!more) return page;
    if (page.jobs.size() == query.limit) {
      page.next = position_of(page.jobs.back(), query.sort);
      return page;
    }
    page.jobs.push_back(summary_of(rows));
  }
}

}  // namespace trainyard
