#pragma once

// A job's life as data: phases, and which event leads from which phase to which. Pure; what is to
// be done in a phase is the supervisor's work.

#include <optional>

#include "runtime/base/result.h"
#include "runtime/job/job_event.h"

namespace trainyard {

enum class Phase {
  queued,      // waits for a free host
  preparing,   // fetches data and image, makes and starts the container
  running,     // the container runs
  halting,     // the container was asked to end
  collecting,  // results are packed and stored
  cleaning,    // everything of the job is removed from the Engine
  ended,
};

// What the supervisor has to do while a job is in a phase.
enum class Effect { wait_for_host, prepare, watch, halt, collect, clean, none };

// Why a job will end the way it does. The first cause wins, but for a failure to go on or to store
// the results, which always counts.
enum class Ending { by_itself, stop, time_limit, failure };

struct Life {
  Phase phase = Phase::queued;
  Ending ending = Ending::by_itself;
  std::optional<int> exit_code;  // of the container, once it ended
  bool out_of_memory = false;
  std::string failure_text;  // what the container wrote to its failure file
  std::string reason;        // why the job failed, when it was not the container's doing

  friend bool operator==(const Life&, const Life&) = default;
};

struct Step {
  Life life;
  Effect effect = Effect::none;
};

// Begins a life with its `accepted` event; goes on with the others. An event that has no place in
// the present phase is a conflict, and changes nothing.
Life begin_life();
Result<Step> advance(const Life& life, const JobEvent& event);

Effect effect_of(Phase phase);

}  // namespace trainyard
