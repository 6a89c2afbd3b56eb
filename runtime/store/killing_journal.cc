#include "runtime/store/killing_journal.h"

#include <csignal>

namespace trainyard {

std::optional<KillPoint> kill_point_from_string(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view side = text.substr(0, colon);
  const auto event = job_event_kind_from_string(text.substr(colon + 1));
  if (!event || (side != "before" && side != "after")) return std::nullopt;
  return KillPoint{side == "after", *event};
}

void KillingJournal::pass(bool after, JobEvent::Kind event) const {
  if (point_.after == after && point_.event == event) std::raise(SIGKILL);
}

Result<JobId> KillingJournal::add(const JobState& accepted, const Tags& tags) {
  pass(false, JobEvent::Kind::accepted);
  const auto id = journal_->add(accepted, tags);
  pass(true, JobEvent::Kind::accepted);
  return id;
}

Result<void> KillingJournal::append(JobId id, const JobEvent& event, const JobState& state) {
  pass(false, event.kind);
  const auto appended = journal_->append(id, event, state);
  pass(true, event.kind);
  return appended;
}

}  // namespace trainyard
