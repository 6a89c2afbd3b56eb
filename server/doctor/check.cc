#include "server/doctor/check.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace trainyard::server {

namespace {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::warning:
      return "warning";
    case Verdict::problem:
      return "problem";
  }
  return "";
}

std::size_t count(std::span<const Check> checks, Verdict verdict) {
  return static_cast<std::size_t>(std::count_if(
      checks.begin(), checks.end(), [&](const Check& check) { return check.verdict == verdict; }));
}

std::string summary(std::span<const Check> checks) {
  const std::size_t problems = count(checks, Verdict::problem);
  if (problems == 1) return "Training jobs cannot run here until the problem above is solved.\n";
  if (problems > 1) {
    return fmt::format("Training jobs cannot run here until the {} problems above are solved.\n",
                       problems);
  }
  return "Training jobs can run here.\n";
}

}  // namespace

std::string render(std::span<const Check> checks) {
  std::string text;
  for (const Check& check : checks) {
    text += fmt::format("{:<8} {}: {}\n", to_string(check.verdict), check.subject, check.finding);
    if (!check.remedy.empty()) text += fmt::format("{:<8} To do: {}\n", "", check.remedy);
  }
  return text + summary(checks);
}

bool jobs_can_run(std::span<const Check> checks) {
  return count(checks, Verdict::problem) == 0;
}

}  // namespace trainyard::server
