#pragma once

// What every ContainerEngine must do, as cases over an engine under test. The cases run what their
// image's shell is told; an engine without a shell plays the scripts by name (the last word of the
// command).

#include <functional>
#include <string>
#include <vector>

#include "runtime/engine/container_engine.h"

namespace trainyard::testing {

struct EngineUnderTest {
  ContainerEngine& engine;
  std::string image;   // has a shell, runs as root, no entry point
  std::string prefix;  // of all names, unique on the machine
  Labels labels;       // carried by everything that a case makes
  unsigned subnet;     // third octet of a 10.249.x.0/24 that the case may use
};

struct EngineCase {
  const char* name;
  void (*run)(EngineUnderTest&);
};

std::vector<EngineCase> engine_cases();

// Plays the scripts of the cases for an engine without a shell.
class FakeRun;
int play_engine_script(FakeRun& run);

// Removes everything that carries `labels`.
void remove_everything(ContainerEngine& engine, const Labels& labels);

}  // namespace trainyard::testing
