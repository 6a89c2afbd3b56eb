#include <doctest/doctest.h>

#include "api/sagemaker/page_token.h"
#include "tests/support/golden.h"
#include "tests/unit/api/sagemaker/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;

Names names_in(const Answer& answer) {
  REQUIRE_MESSAGE(answer.status == 200, answer.text);
  Names names;
  for (const Json& job : answer.body["TrainingJobSummaries"])
    names.push_back(job["TrainingJobName"]);
  return names;
}

struct ListFixture : SageMakerFixture {
  // Jobs job-<first> to job-<last>, a second between any two.
  void create_jobs(int first, int last) {
    for (int i = first; i <= last; ++i) {
      create("job-" + std::to_string(i));
      clock.advance(std::chrono::seconds(1));
    }
  }

  Names list(const Json& input) { return names_in(call("ListTrainingJobs", input)); }
};

}  // namespace

TEST_CASE_FIXTURE(ListFixture, "a listing begins with the newest, ten a page") {
  create_jobs(1, 12);
  const Answer answer = call("ListTrainingJobs", Json::object());
  const Names names = names_in(answer);
  REQUIRE(names.size() == 10);
  CHECK(names.front() == "job-12");
  CHECK(names.back() == "job-3");
  CHECK(list({{"NextToken", answer.body["NextToken"]}}) == Names{"job-2", "job-1"});
}

TEST_CASE_FIXTURE(ListFixture, "a summary has the members of the model") {
  create("a");
  create("b");
  jobs.change("a", [this](JobRecord& record) {
    record.status = JobStatus::stopped;
    record.secondary_status = SecondaryStatus::max_runtime_exceeded;
    record.training_end_time = clock.now();
  });
  testing::check_golden("sagemaker/list_training_jobs.json",
                        call("ListTrainingJobs", {{"SortBy", "Name"}}).body.dump(2) + "\n");
}

TEST_CASE_FIXTURE(ListFixture, "an empty listing has no token") {
  CHECK(call("ListTrainingJobs", Json::object()).text == R"({"TrainingJobSummaries":[]})");
}

TEST_CASE_FIXTURE(ListFixture, "filters and orders are passed on") {
  create_jobs(1, 4);
  jobs.change("job-2", [](JobRecord& record) { record.status = JobStatus::failed; });
  CHECK(list({{"SortOrder", "Ascending"}}) == Names{"job-1", "job-2", "job-3", "job-4"});
  CHECK(list({{"SortBy", "Name"}}) == Names{"job-4", "job-3", "job-2", "job-1"});
  CHECK(list({{"SortBy", "Status"}, {"SortOrder", "Ascending"}}).front() == "job-2");
  CHECK(list({{"NameContains", "b-3"}}) == Names{"job-3"});
  CHECK(list({{"StatusEquals", "Failed"}}) == Names{"job-2"});
  CHECK(list({{"CreationTimeAfter", 1'700'000'002}}) == Names{"job-4"});
  CHECK(list({{"CreationTimeBefore", 1'700'000'000.5}}) == Names{"job-1"});
  CHECK(list({{"LastModifiedTimeAfter", 1'700'000'000},
              {"LastModifiedTimeBefore", 1'700'000'002}}) == Names{"job-2"});
}

TEST_CASE_FIXTURE(ListFixture, "pages stay right while jobs are added") {
  create_jobs(1, 4);
  const Answer first = call("ListTrainingJobs", {{"MaxResults", 2}});
  CHECK(names_in(first) == Names{"job-4", "job-3"});
  create_jobs(5, 6);
  CHECK(list({{"MaxResults", 2}, {"NextToken", first.body["NextToken"]}}) ==
        Names{"job-2", "job-1"});
}

TEST_CASE_FIXTURE(ListFixture, "with a page size the status is looked at after the page is cut") {
  create_jobs(1, 4);
  jobs.change("job-1", [](JobRecord& record) { record.status = JobStatus::failed; });
  const Json query = {{"StatusEquals", "Failed"}, {"MaxResults", 2}};
  const Answer first = call("ListTrainingJobs", query);
  CHECK(names_in(first).empty());
  REQUIRE(first.body.contains("NextToken"));
  Json next = query;
  next["NextToken"] = first.body["NextToken"];
  const Answer second = call("ListTrainingJobs", next);
  CHECK(names_in(second) == Names{"job-1"});
  CHECK_FALSE(second.body.contains("NextToken"));
}

TEST_CASE_FIXTURE(ListFixture, "no job has a warm pool or a training plan") {
  create();
  CHECK(list({{"WarmPoolStatusEquals", "InUse"}}).empty());
  CHECK(list({{"TrainingPlanArnEquals",
               "arn:aws:sagemaker:us-east-1:123456789012:training-plan/plan"}})
            .empty());
}

TEST_CASE_FIXTURE(ListFixture, "a token is refused that is foreign or of another query") {
  create_jobs(1, 3);
  const Json token = call("ListTrainingJobs", {{"MaxResults", 1}}).body["NextToken"];
  const Answer other = call("ListTrainingJobs", {{"NextToken", token}, {"SortBy", "Name"}});
  CHECK(other.code() == "ValidationException");
  CHECK(other.message().starts_with("Invalid NextToken: it belongs to a request with other"));
  // Another page size is the same query.
  CHECK(list({{"NextToken", token}, {"MaxResults", 5}}) == Names{"job-2", "job-1"});

  for (const char* foreign : {"", "abc", "AAAA", "bm90IGpzb24=", "e30=", "W10=", "####"}) {
    CAPTURE(foreign);
    const Answer answer = call("ListTrainingJobs", {{"NextToken", foreign}});
    CHECK(answer.code() == "ValidationException");
    CHECK(answer.message() == "Invalid NextToken: it was not returned by this service.");
  }
}

TEST_CASE("a token carries its position, whatever the length of its parts") {
  for (const char* name : {"a", "ab", "abc", "abcd"}) {
    const auto position = from_page_token(to_page_token({"17", name}, "query"), "query");
    REQUIRE(position);
    CHECK(position->key == "17");
    CHECK(position->name == name);
  }
}

}  // namespace trainyard::api
