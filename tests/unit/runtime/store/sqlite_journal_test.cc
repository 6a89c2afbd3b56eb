#include "runtime/store/sqlite_journal.h"

#include <set>

#include <doctest/doctest.h>

#include "tests/support/temp_dir.h"

namespace trainyard {

namespace {

using testing::TempDir;
using Kind = JobEvent::Kind;

Time at(int second) {
  return from_milliseconds((1'700'000'000LL + second) * 1000);
}

JobState accepted(const std::string& name, Time time) {
  JobSpec spec;
  spec.name = name;
  spec.arn = "arn:" + name;
  spec.hyperparameters = {{"a", "1"}};
  spec.channels = {ChannelSpec{"train", "s3://b/p", "", "File", "FullyReplicated", "None"}};
  return begin_history(spec, R"({"echo":true})", {Kind::accepted, time, 0, false, ""});
}

void happen(Journal& journal, JobId id, JobState& state, JobEvent event) {
  REQUIRE(apply(state, event));
  REQUIRE(journal.append(id, event, state));
}

std::vector<std::string> names(const JobPage& page) {
  std::vector<std::string> result;
  for (const JobSummary& job : page.jobs) result.push_back(job.name);
  return result;
}

}  // namespace

TEST_CASE("a job read back is what its events made of it") {
  TempDir directory;
  JobState state = accepted("Job-A", at(0));
  {
    auto journal = SqliteJournal::open(directory / "jobs.db");
    REQUIRE(journal);
    const auto id = (*journal)->add(state, {{"k", "v"}});
    REQUIRE(id);
    happen(**journal, *id, state, {Kind::preparation_started, at(1), 0, false, ""});
    happen(**journal, *id, state, {Kind::training_started, at(2), 0, false, ""});
    happen(**journal, *id, state, {Kind::container_ended, at(3), 4, true, ""});
    happen(**journal, *id, state, {Kind::artifacts_stored, at(4), 0, false, "", "why \xff"});
  }
  auto journal = SqliteJournal::open(directory / "jobs.db");
  REQUIRE(journal);
  const auto unfinished = (*journal)->unfinished();
  REQUIRE(unfinished);
  REQUIRE(unfinished->size() == 1);
  const StoredJob& job = unfinished->front();
  CHECK(job.state.life.phase == Phase::cleaning);
  CHECK(job.state.life.exit_code == 4);
  CHECK(job.state.life.out_of_memory);
  CHECK(job.state.life.failure_text == "why \ufffd");
  CHECK(to_json(job.state.record.spec) == to_json(state.record.spec));
  CHECK(job.state.record.document == state.record.document);
  CHECK(job.state.record.transitions.size() == state.record.transitions.size());
  CHECK((*journal)->tags(job.id) == Tags{{"k", "v"}});

  JobState ended = job.state;
  happen(**journal, job.id, ended, {Kind::finished, at(5), 0, false, ""});
  CHECK((*journal)->unfinished()->empty());
  const auto found = (*journal)->find("job-a");
  REQUIRE(found);
  CHECK(found->state.record.spec.name == "Job-A");
  CHECK(found->state.record.status == JobStatus::failed);
}

TEST_CASE("what lists show agrees with the events, after every event") {
  TempDir directory;
  auto journal = SqliteJournal::open(directory / "jobs.db");
  REQUIRE(journal);
  JobState state = accepted("job", at(0));
  const auto id = (*journal)->add(state, {});
  REQUIRE(id);
  const std::vector<JobEvent> events{{Kind::preparation_started, at(1), 0, false, ""},
                                     {Kind::training_started, at(2), 0, false, ""},
                                     {Kind::stop_requested, at(3), 0, false, ""},
                                     {Kind::container_ended, at(4), 143, false, ""},
                                     {Kind::artifacts_stored, at(5), 0, false, ""},
                                     {Kind::finished, at(6), 0, false, ""}};
  for (const JobEvent& event : events) {
    happen(**journal, *id, state, event);
    const auto rebuilt = (*journal)->find("job");
    const auto page = (*journal)->list({});
    REQUIRE(rebuilt);
    REQUIRE(page);
    REQUIRE(page->jobs.size() == 1);
    const JobSummary& shown = page->jobs.front();
    const JobRecord& record = rebuilt->state.record;
    CHECK(shown.status == record.status);
    CHECK(shown.secondary_status == record.secondary_status);
    CHECK(shown.creation_time == record.creation_time);
    CHECK(shown.last_modified_time == record.last_modified_time);
    CHECK(shown.training_end_time == record.training_end_time);
  }
}

TEST_CASE("names are unique without regard to case and free again after removal") {
  TempDir directory;
  auto journal = SqliteJournal::open(directory / "jobs.db");
  REQUIRE(journal);
  const auto id = (*journal)->add(accepted("Job", at(0)), {{"k", "v"}});
  REQUIRE(id);
  const auto again = (*journal)->add(accepted("jOB", at(1)), {});
  REQUIRE_FALSE(again);
  CHECK(again.error().kind == ErrorKind::already_exists);
  CHECK((*journal)->remove(*id));
  CHECK((*journal)->find("Job").error().kind == ErrorKind::not_found);
  CHECK((*journal)->add(accepted("job", at(2)), {}));
}

TEST_CASE("a cleared journal knows nothing, and gives no id again") {
  TempDir directory;
  auto journal = SqliteJournal::open(directory / "jobs.db");
  REQUIRE(journal);
  CHECK((*journal)->ever_held() == false);
  REQUIRE((*journal)->add(accepted("one", at(0)), {{"k", "v"}}));
  const auto last = (*journal)->add(accepted("two", at(1)), {});
  CHECK((*journal)->clear());
  CHECK((*journal)->clear());
  CHECK((*journal)->ever_held() == true);
  CHECK((*journal)->unfinished()->empty());
  CHECK((*journal)->find("one").error().kind == ErrorKind::not_found);
  const auto next = (*journal)->add(accepted("one", at(2)), {});
  CHECK(*next > *last);
  CHECK((*journal)->tags(*next)->empty());
}

TEST_CASE("documents and tags are replaced") {
  TempDir directory;
  auto journal = SqliteJournal::open(directory / "jobs.db");
  REQUIRE(journal);
  const auto id = (*journal)->add(accepted("job", at(0)), {{"k", "v"}});
  REQUIRE(id);
  CHECK((*journal)->replace_document(*id, "{}", at(9)));
  CHECK((*journal)->find("job")->state.record.document == "{}");
  CHECK((*journal)->find("job")->state.record.last_modified_time == at(9));
  CHECK((*journal)->replace_tags(*id, {{"x", "1"}, {"y", "2"}}));
  CHECK((*journal)->tags(*id) == Tags{{"x", "1"}, {"y", "2"}});
}

TEST_CASE("listings filter, sort and turn pages that stay right while jobs come and go") {
  TempDir directory;
  auto journal = SqliteJournal::open(directory / "jobs.db");
  REQUIRE(journal);
  // Two of them in the same moment.
  const std::vector<std::pair<std::string, int>> jobs{{"b", 1}, {"a", 2}, {"d", 2}, {"c_x", 4}};
  std::map<std::string, JobId> ids;
  for (const auto& [name, second] : jobs) {
    ids[name] = (*journal)->add(accepted(name, at(second)), {}).value();
  }
  const auto list = [&](JobQuery query) { return names((*journal)->list(query).value()); };
  using Names = std::vector<std::string>;

  CHECK(list({}) == Names{"c_x", "d", "a", "b"});
  JobQuery query;
  query.descending = false;
  CHECK(list(query) == Names{"b", "a", "d", "c_x"});
  query.sort = JobQuery::Sort::name;
  CHECK(list(query) == Names{"a", "b", "c_x", "d"});
  query = {};
  query.created_after = at(1);
  query.created_before = at(4);
  CHECK(list(query) == Names{"d", "a"});
  query = {};
  query.name_contains = "_";
  CHECK(list(query) == Names{"c_x"});
  query = {};
  query.status = JobStatus::completed;
  CHECK(list(query).empty());

  JobState b = (*journal)->find("b")->state;
  happen(**journal, ids["b"], b, {Kind::stop_requested, at(9), 0, false, ""});
  happen(**journal, ids["b"], b, {Kind::finished, at(9), 0, false, ""});
  query = {};
  query.status = JobStatus::stopped;
  CHECK(list(query) == Names{"b"});
  query = {};
  query.sort = JobQuery::Sort::status;
  CHECK(list(query) == Names{"b", "d", "c_x", "a"});

  for (const auto sort :
       {JobQuery::Sort::creation_time, JobQuery::Sort::name, JobQuery::Sort::status}) {
    query = {};
    query.sort = sort;
    query.limit = 2;
    const JobPage first = (*journal)->list(query).value();
    CHECK(first.jobs.size() == 2);
    REQUIRE(first.next);
    // A newer job appears, and one of the page already seen goes.
    const auto added = (*journal)->add(accepted("zz", at(50)), {});
    query.after = first.next;
    const JobPage second = (*journal)->list(query).value();
    CHECK_FALSE(second.next);
    Names all = names(first);
    for (const std::string& name : names(second)) all.push_back(name);
    CHECK(all.size() == 4);
    CHECK(std::set<std::string>(all.begin(), all.end()) ==
          std::set<std::string>{"a", "b", "c_x", "d"});
    CHECK((*journal)->remove(*added));
  }
}

}  // namespace trainyard
