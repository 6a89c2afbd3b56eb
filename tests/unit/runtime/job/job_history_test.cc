#include "runtime/job/job_history.h"

#include <vector>

#include <doctest/doctest.h>

namespace trainyard {

namespace {

using Kind = JobEvent::Kind;

Time at(int second) {
  return from_milliseconds((1'700'000'000LL + second) * 1000);
}

JobState history(const std::vector<JobEvent>& events) {
  JobSpec spec;
  spec.name = "job";
  JobState state = begin_history(spec, "{}", {Kind::accepted, at(0), 0, false, ""});
  for (const JobEvent& event : events) REQUIRE(apply(state, event));
  return state;
}

struct Seen {
  std::string status;
  std::string message;
  Time start;
  std::optional<Time> end;

  friend bool operator==(const Seen&, const Seen&) = default;
};

std::vector<Seen> transitions(const JobState& state) {
  std::vector<Seen> seen;
  for (const StatusTransition& t : state.record.transitions) {
    seen.push_back({std::string(to_string(t.status)), t.message, t.start, t.end});
  }
  return seen;
}

}  // namespace

TEST_CASE("a successful job goes through the service's statuses with their messages and times") {
  const JobState state = history({{Kind::preparation_started, at(1), 0, false, ""},
                                  {Kind::training_started, at(2), 0, false, ""},
                                  {Kind::container_ended, at(5), 0, false, ""},
                                  {Kind::artifacts_stored, at(6), 0, false, ""},
                                  {Kind::finished, at(7), 0, false, ""}});
  const std::vector<Seen> expected{
      {"Starting", "Preparing the instances for training", at(0), at(1)},
      {"Downloading", "Downloading the training image", at(1), at(2)},
      {"Training", "Training image download completed. Training in progress.", at(2), at(5)},
      {"Uploading", "Uploading generated training model", at(5), at(7)},
      {"Completed", "Training job completed", at(7), at(7)},
  };
  CHECK(transitions(state) == expected);
  const JobRecord& record = state.record;
  CHECK(record.status == JobStatus::completed);
  CHECK(record.creation_time == at(0));
  CHECK(record.training_start_time == at(1));
  CHECK(record.training_end_time == at(7));
  CHECK(record.last_modified_time == at(7));
  CHECK(record.failure_reason.empty());
}

TEST_CASE("stops and time limits pass through Stopping and Uploading") {
  const auto run = [](Kind cause) {
    return history({{Kind::preparation_started, at(1), 0, false, ""},
                    {Kind::training_started, at(2), 0, false, ""},
                    {cause, at(3), 0, false, ""},
                    {Kind::container_ended, at(4), 143, false, ""},
                    {Kind::artifacts_stored, at(5), 0, false, ""},
                    {Kind::finished, at(6), 0, false, ""}});
  };
  const JobState stopped = run(Kind::stop_requested);
  CHECK(stopped.record.status == JobStatus::stopped);
  const auto seen = transitions(stopped);
  REQUIRE(seen.size() == 6);
  CHECK(seen[3].status == "Stopping");
  CHECK(seen[3].message == "Stopping the training job");
  CHECK(seen[4].status == "Uploading");
  CHECK(seen[5].status == "Stopped");
  CHECK(seen[5].message == "Training job stopped");

  const JobState limited = run(Kind::time_limit_reached);
  CHECK(limited.record.status == JobStatus::stopped);
  CHECK(limited.record.secondary_status == SecondaryStatus::max_runtime_exceeded);
}

TEST_CASE("a stop before any work ends in Stopped by way of Stopping") {
  const JobState state =
      history({{Kind::stop_requested, at(1), 0, false, ""}, {Kind::finished, at(1), 0, false, ""}});
  CHECK(state.record.status == JobStatus::stopped);
  CHECK(transitions(state).size() == 3);
  CHECK_FALSE(state.record.training_start_time);
}

TEST_CASE("a stop while results are stored shows as Stopping without leaving Uploading") {
  const JobState state = history({{Kind::preparation_started, at(1), 0, false, ""},
                                  {Kind::training_started, at(2), 0, false, ""},
                                  {Kind::container_ended, at(3), 0, false, ""},
                                  {Kind::stop_requested, at(4), 0, false, ""}});
  CHECK(state.record.status == JobStatus::stopping);
  CHECK(state.record.secondary_status == SecondaryStatus::uploading);
}

TEST_CASE("an event out of place changes nothing") {
  JobState state = history({});
  CHECK_FALSE(apply(state, {Kind::artifacts_stored, at(1), 0, false, ""}));
  CHECK(state.life.phase == Phase::queued);
  CHECK(state.record.transitions.size() == 1);
}

TEST_CASE("a stopped job whose results cannot be stored fails for that, not for its exit code") {
  const JobState state =
      history({{Kind::preparation_started, at(1), 0, false, ""},
               {Kind::training_started, at(2), 0, false, ""},
               {Kind::stop_requested, at(3), 0, false, ""},
               {Kind::container_ended, at(4), 143, false, ""},
               {Kind::failed, at(5), 0, false, "ClientError: Artifact upload failed:full"},
               {Kind::finished, at(6), 0, false, ""}});
  CHECK(state.record.status == JobStatus::failed);
  CHECK(state.record.failure_reason == "ClientError: Artifact upload failed:full");
}

TEST_CASE("a reason gets a class unless it has one") {
  CHECK(classified("no room", "InternalServerError: ") == "InternalServerError: no room");
  CHECK(classified("ClientError: no", "InternalServerError: ") == "ClientError: no");
}

TEST_CASE("failure reasons have the service's form and length") {
  Life life;
  life.exit_code = 3;
  life.failure_text = "it broke";
  CHECK(failure_reason(life) == "AlgorithmError: it broke, exit code: 3");
  life.failure_text = "two\nlines\n";
  CHECK(failure_reason(life) == "AlgorithmError: two\nlines, exit code: 3");
  life.failure_text = "";
  CHECK(failure_reason(life) == "AlgorithmError: , exit code: 3");

  life.failure_text = std::string(5000, 'x');
  const std::string cut = failure_reason(life);
  CHECK(cut.size() == 1024);
  CHECK(cut.ends_with("xxx, exit code: 3"));

  std::string wide;
  for (int i = 0; i < 2000; ++i) wide += "\u00e9";
  life.failure_text = wide;
  CHECK(failure_reason(life).size() == 1024 + (1024 - 30));

  life.failure_text = "\xff broken";
  CHECK(failure_reason(life) == "AlgorithmError: \ufffd broken, exit code: 3");

  life.failure_text = "";
  life.exit_code = 137;
  life.out_of_memory = true;
  CHECK(failure_reason(life).find("ran out of memory") != std::string::npos);
  CHECK(failure_reason(life).ends_with(", exit code: 137"));

  Life unstarted;
  unstarted.reason = "ClientError: Data download failed:no";
  CHECK(failure_reason(unstarted) == "ClientError: Data download failed:no");
  unstarted.reason = std::string(3000, 'r');
  CHECK(failure_reason(unstarted).size() == 1024);
}

}  // namespace trainyard
