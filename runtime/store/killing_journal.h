#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/store/journal.h"

namespace trainyard {

// A place in a job's life: just before, or just after, an event is in the journal.
struct KillPoint {
  bool after = false;
  JobEvent::Kind event = JobEvent::Kind::accepted;
};

// Reads "before:training_started" or "after:accepted".
std::optional<KillPoint> kill_point_from_string(std::string_view text);

// A journal that ends the process with SIGKILL at one place, for tests of what survives that.
class KillingJournal final : public Journal {
 public:
  KillingJournal(std::unique_ptr<Journal> journal, KillPoint point)
      : journal_(std::move(journal)), point_(point) {}

  Result<JobId> add(const JobState& accepted, const Tags& tags) override;
  Result<void> append(JobId id, const JobEvent& event, const JobState& state) override;
  Result<StoredJob> find(const std::string& name) override { return journal_->find(name); }
  Result<std::vector<StoredJob>> unfinished() override { return journal_->unfinished(); }
  Result<JobPage> list(const JobQuery& query) override { return journal_->list(query); }
  Result<void> remove(JobId id) override { return journal_->remove(id); }
  Result<void> clear() override { return journal_->clear(); }
  Result<bool> ever_held() override { return journal_->ever_held(); }
  Result<void> replace_document(JobId id, const std::string& document, Time modified) override {
    return journal_->replace_document(id, document, modified);
  }
  Result<Tags> tags(JobId id) override { return journal_->tags(id); }
  Result<void> replace_tags(JobId id, const Tags& tags) override {
    return journal_->replace_tags(id, tags);
  }

 private:
  void pass(bool after, JobEvent::Kind event) const;

  std::unique_ptr<Journal> journal_;
  KillPoint point_;
};

}  // namespace trainyard
