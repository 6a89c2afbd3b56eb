#include "runtime/job/life_cycle.h"

#include <vector>

#include <doctest/doctest.h>

namespace trainyard {

namespace {

using Kind = JobEvent::Kind;

JobEvent event(Kind kind, int exit_code = 0, std::string reason = "") {
  return {kind, Time{}, exit_code, false, std::move(reason)};
}

Life after(const std::vector<JobEvent>& events) {
  Life life = begin_life();
  for (const JobEvent& next : events) {
    const auto step = advance(life, next);
    REQUIRE(step);
    life = step->life;
  }
  return life;
}

const std::vector<Kind> all_kinds{
    Kind::accepted,       Kind::preparation_started, Kind::training_started,
    Kind::stop_requested, Kind::time_limit_reached,  Kind::container_ended,
    Kind::failed,         Kind::artifacts_stored,    Kind::finished,
};

}  // namespace

TEST_CASE("each phase takes exactly these events") {
  using P = Phase;
  // One column an event, in the order of all_kinds; "-" is a conflict.
  struct Row {
    P from;
    std::vector<int> to;
  };
  const int no = -1;
  const auto p = [](P phase) { return static_cast<int>(phase); };
  const std::vector<Row> table{
      {P::queued, {no, p(P::preparing), no, p(P::cleaning), no, no, p(P::cleaning), no, no}},
      {P::preparing, {no, no, p(P::running), p(P::cleaning), no, no, p(P::cleaning), no, no}},
      {P::running,
       {no, no, no, p(P::halting), p(P::halting), p(P::collecting), p(P::cleaning), no, no}},
      {P::halting, {no, no, no, no, no, p(P::collecting), p(P::cleaning), no, no}},
      {P::collecting, {no, no, no, p(P::collecting), no, no, p(P::cleaning), p(P::cleaning), no}},
      {P::cleaning, {no, no, no, no, no, no, no, no, p(P::ended)}},
      {P::ended, {no, no, no, no, no, no, no, no, no}},
  };
  for (const Row& row : table) {
    for (std::size_t i = 0; i < all_kinds.size(); ++i) {
      CAPTURE(static_cast<int>(row.from));
      CAPTURE(to_string(all_kinds[i]));
      Life life;
      life.phase = row.from;
      const auto step = advance(life, event(all_kinds[i]));
      if (row.to[i] == no) {
        REQUIRE_FALSE(step);
        CHECK(step.error().kind == ErrorKind::conflict);
      } else {
        REQUIRE(step);
        CHECK(static_cast<int>(step->life.phase) == row.to[i]);
        CHECK(step->effect == effect_of(step->life.phase));
      }
    }
  }
}

TEST_CASE("the first cause decides how a job ends") {
  const auto started = event(Kind::preparation_started);
  const auto training = event(Kind::training_started);
  const auto stored = event(Kind::artifacts_stored);
  CHECK(after({started, training, event(Kind::container_ended), stored}).ending ==
        Ending::by_itself);
  CHECK(after({started, training, event(Kind::container_ended, 1), stored}).ending ==
        Ending::failure);
  CHECK(after({started, training, event(Kind::stop_requested), event(Kind::container_ended, 143),
               stored})
            .ending == Ending::stop);
  CHECK(after({started, training, event(Kind::time_limit_reached),
               event(Kind::container_ended, 137), stored})
            .ending == Ending::time_limit);
  CHECK(
      after({started, training, event(Kind::container_ended), event(Kind::stop_requested), stored})
          .ending == Ending::stop);
}

TEST_CASE("results that cannot be stored are a failure whatever was asked before") {
  const Life life = after({event(Kind::preparation_started), event(Kind::training_started),
                           event(Kind::stop_requested), event(Kind::container_ended, 143),
                           event(Kind::failed, 0, "the disk is full")});
  CHECK(life.ending == Ending::failure);
  CHECK(life.reason == "the disk is full");
}

}  // namespace trainyard
