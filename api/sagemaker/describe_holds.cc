#include "api/sagemaker/describe_holds.h"

#include <algorithm>

namespace trainyard::api {

namespace {

// The question comes right after the creation, so only the newest matter.
constexpr std::size_t most_created = 100;

}  // namespace

void DescribeHolds::note_creation(Asker asker, const std::string& job) {
  if (asker != Asker::sagemaker_core) return;
  const std::lock_guard lock(mutex_);
  created_.push_back(job);
  if (created_.size() > most_created) created_.pop_front();
}

bool DescribeHolds::is_first_after_creation(Asker asker, const std::string& job) {
  if (asker != Asker::sagemaker_core) return false;
  const std::lock_guard lock(mutex_);
  return std::erase(created_, job) > 0;
}

std::optional<HeldBody> DescribeHolds::hold(Asker asker, const std::string& job,
                                            std::function<Response()> answer) {
  if (asker == Asker::other) return std::nullopt;
  HeldBody held;
  held.ready = std::make_shared<Notice>();
  // Watched before it is looked at, so that no end is missed.
  held.source = jobs_.watch(job, [ready = held.ready](const JobRecord* changed) {
    if (changed == nullptr || is_terminal(changed->status)) ready->give();
  });
  const auto record = jobs_.describe(job);
  if (!record) return std::nullopt;
  const auto hold = hold_of({.asker = asker,
                             .terminal = is_terminal(record->status),
                             .first_after_creation = is_first_after_creation(asker, job),
                             .age = clock_.now() - record->creation_time},
                            longest_);
  if (!hold) return std::nullopt;
  held.limit = hold->limit;
  held.answer = std::move(answer);
  return held;
}

}  // namespace trainyard::api
