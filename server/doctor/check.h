#pragma once

// What `trainyard doctor` found out about one thing, and how it is printed.

#include <span>
#include <string>

namespace trainyard::server {

enum class Verdict {
  ok,
  warning,  // jobs run, but not as well as they could
  problem,  // no job runs until this is remedied
};

struct Check {
  Verdict verdict = Verdict::ok;
  std::string subject;  // "Docker Engine"
  std::string finding;  // one sentence without a full stop; further lines are allowed
  std::string remedy;   // what to do; empty when all is well
};

// One line for each check, its remedy below it, and a sentence about the whole at the end.
std::string render(std::span<const Check> checks);

// Whether there is no problem among them.
bool jobs_can_run(std::span<const Check> checks);

}  // namespace trainyard::server
