#include "runtime/job/life_cycle.h"

#include <algorithm>
#include <array>

namespace trainyard {

namespace {

using Kind = JobEvent::Kind;

struct Transition {
  Phase from;
  Kind event;
  Phase to;
};

// Every move there is. A stop that comes while results are being stored does not interrupt that.
constexpr std::array transitions{
    Transition{Phase::queued, Kind::preparation_started, Phase::preparing},
    Transition{Phase::queued, Kind::stop_requested, Phase::cleaning},
    Transition{Phase::queued, Kind::failed, Phase::cleaning},
    Transition{Phase::preparing, Kind::training_started, Phase::running},
    Transition{Phase::preparing, Kind::stop_requested, Phase::cleaning},
    Transition{Phase::preparing, Kind::failed, Phase::cleaning},
    Transition{Phase::running, Kind::container_ended, Phase::collecting},
    Transition{Phase::running, Kind::stop_requested, Phase::halting},
    Transition{Phase::running, Kind::time_limit_reached, Phase::halting},
    Transition{Phase::running, Kind::failed, Phase::cleaning},
    Transition{Phase::halting, Kind::container_ended, Phase::collecting},
    Transition{Phase::halting, Kind::failed, Phase::cleaning},
    Transition{Phase::collecting, Kind::artifacts_stored, Phase::cleaning},
    Transition{Phase::collecting, Kind::stop_requested, Phase::collecting},
    Transition{Phase::collecting, Kind::failed, Phase::cleaning},
    Transition{Phase::cleaning, Kind::finished, Phase::ended},
};

Ending ending_after(const Life& life, const JobEvent& event) {
  // Results that could not be stored are a failure whatever was asked before.
  if (event.kind == Kind::failed) return Ending::failure;
  if (life.ending != Ending::by_itself) return life.ending;
  switch (event.kind) {
    case Kind::stop_requested:
      return Ending::stop;
    case Kind::time_limit_reached:
      return Ending::time_limit;
    case Kind::container_ended:
      return event.exit_code == 0 ? Ending::by_itself : Ending::failure;
    default:
      return life.ending;
  }
}

}  // namespace

Life begin_life() {
  return {};
}

Result<Step> advance(const Life& life, const JobEvent& event) {
  const auto* row = std::find_if(transitions.begin(), transitions.end(), [&](const Transition& t) {
    return t.from == life.phase && t.event == event.kind;
  });
  if (row == transitions.end()) {
    return failure(ErrorKind::conflict,
                   fmt::format("event {} has no place in phase {}", to_string(event.kind),
                               static_cast<int>(life.phase)));
  }
  Life next = life;
  next.phase = row->to;
  next.ending = ending_after(life, event);
  if (event.kind == Kind::container_ended) {
    next.exit_code = event.exit_code;
    next.out_of_memory = event.out_of_memory;
  }
  if (!event.failure_text.empty()) next.failure_text = event.failure_text;
  if (event.kind == Kind::failed) {
    next.reason = event.reason;
    // How a container ended that was asked to end is not why its job failed.
    if (life.ending == Ending::stop || life.ending == Ending::time_limit) next.exit_code.reset();
  }
  return Step{next, effect_of(next.phase)};
}

Effect effect_of(Phase phase) {
  switch (phase) {
    case Phase::queued:
      return Effect::wait_for_host;
    case Phase::preparing:
      return Effect::prepare;
    case Phase::running:
      return Effect::watch;
    case Phase::halting:
      return Effect::halt;
    case Phase::collecting:
      return Effect::collect;
    case Phase::cleaning:
      return Effect::clean;
    case Phase::ended:
      return Effect::none;
  }
  return Effect::none;
}

}  // namespace trainyard
