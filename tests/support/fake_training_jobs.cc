#include "tests/support/fake_training_jobs.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace trainyard::testing {

namespace {

std::string lower(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

JobSummary summary_of(const JobRecord& record) {
  return {record.spec.name,        record.spec.arn,      record.status,
          record.secondary_status, record.creation_time, record.last_modified_time,
          record.training_end_time};
}

// As a fixed width makes numbers compare like their digits.
std::string sort_key(const JobSummary& job, JobQuery::Sort sort) {
  if (sort == JobQuery::Sort::name) return "";
  if (sort == JobQuery::Sort::status) return std::string(to_string(job.status));
  return fmt::format("{:020}", job.creation_time.time_since_epoch().count());
}

bool passes(const JobSummary& job, const JobQuery& query) {
  return (!query.created_after || job.creation_time > *query.created_after) &&
         (!query.created_before || job.creation_time < *query.created_before) &&
         (!query.modified_after || job.last_modified_time > *query.modified_after) &&
         (!query.modified_before || job.last_modified_time < *query.modified_before) &&
         job.name.find(query.name_contains) != std::string::npos &&
         (!query.status || job.status == *query.status);
}

}  // namespace

Result<FakeTrainingJobs::Job*> FakeTrainingJobs::find(const std::string& name) {
  const auto job = jobs_.find(lower(name));
  if (job == jobs_.end()) return failure(ErrorKind::not_found, "no job " + name);
  return &job->second;
}

void FakeTrainingJobs::change(const std::string& name,
                              const std::function<void(JobRecord&)>& change) {
  const std::lock_guard lock(mutex_);
  const auto job = find(name);
  if (!job) throw std::logic_error(job.error().message);
  change((*job)->record);
  watchers_.tell((*job)->record);
}

void FakeTrainingJobs::clear() {
  const std::lock_guard lock(mutex_);
  jobs_.clear();
  watchers_.tell_all_gone();
}

JobWatch FakeTrainingJobs::watch(const std::string& name, OnJobChange on_change) {
  return watchers_.watch(name, std::move(on_change));
}

void FakeTrainingJobs::refuse_next(Error error) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(error);
}

Result<JobRecord> FakeTrainingJobs::create(JobSpec spec, std::string document, Tags tags) {
  const std::lock_guard lock(mutex_);
  if (refusal_) return failure(*std::exchange(refusal_, std::nullopt));
  if (find(spec.name)) return failure(ErrorKind::already_exists, "there is a job " + spec.name);
  Job job;
  job.record.spec = std::move(spec);
  job.record.document = std::move(document);
  job.record.creation_time = job.record.last_modified_time = clock_.now();
  job.record.transitions = {
      {SecondaryStatus::starting, clock_.now(), std::nullopt, "Starting the training job"}};
  job.tags = std::move(tags);
  const std::string key = lower(job.record.spec.name);
  return jobs_.emplace(key, std::move(job)).first->second.record;
}

Result<JobRecord> FakeTrainingJobs::describe(const std::string& name) {
  const std::lock_guard lock(mutex_);
  TRY(Job * job, find(name));
  return job->record;
}

Result<JobPage> FakeTrainingJobs::list(const JobQuery& query) {
  const std::lock_guard lock(mutex_);
  const auto order = [&](const JobSummary& job) {
    return std::pair(sort_key(job, query.sort), job.name);
  };
  std::vector<JobSummary> all;
  for (const auto& [key, job] : jobs_) all.push_back(summary_of(job.record));
  std::ranges::sort(all, [&](const JobSummary& a, const JobSummary& b) {
    return query.descending ? order(a) > order(b) : order(a) < order(b);
  });
  JobPage page;
  for (const JobSummary& job : all) {
    if (!passes(job, query)) continue;
    if (query.after) {
      const std::pair after(query.after->key, query.after->name);
      if (query.descending ? order(job) >= after : order(job) <= after) continue;
    }
    if (page.jobs.size() == query.limit) {
      const JobSummary& last = page.jobs.back();
      page.next = JobQuery::Position{sort_key(last, query.sort), last.name};
      break;
    }
    page.jobs.push_back(job);
  }
  return page;
}

Result<void> FakeTrainingJobs::stop(const std::string& name) {
  const std::lock_guard lock(mutex_);
  TRY(Job * job, find(name));
  if (is_terminal(job->record.status)) return failure(ErrorKind::conflict, "the job has ended");
  job->record.status = JobStatus::stopping;
  return {};
}

Result<void> FakeTrainingJobs::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  TRY(Job * job, find(name));
  if (!is_terminal(job->record.status)) return failure(ErrorKind::conflict, "the job runs");
  jobs_.erase(lower(name));
  watchers_.tell_gone(name);
  return {};
}

Result<JobRecord> FakeTrainingJobs::replace_document(const std::string& name,
                                                     std::string document) {
  const std::lock_guard lock(mutex_);
  TRY(Job * job, find(name));
  job->record.document = std::move(document);
  job->record.last_modified_time = clock_.now();
  return job->record;
}

Result<Tags> FakeTrainingJobs::tags(const std::string& name) {
  const std::lock_guard lock(mutex_);
  TRY(Job * job, find(name));
  return job->tags;
}

Result<void> FakeTrainingJobs::replace_tags(const std::string& name, Tags tags) {
  const std::lock_guard lock(mutex_);
  TRY(Job * job, find(name));
  job->tags = std::move(tags);
  return {};
}

Result<void> FakeTrainingJobs::read_log(
    const std::string& name, const std::function<Result<void>(Time, std::string_view)>&) {
  const std::lock_guard lock(mutex_);
  TRY_VOID(find(name));
  return {};
}

}  // namespace trainyard::testing
