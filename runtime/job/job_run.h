#pragma once

// One job that has not ended: its present state, and the work that carries it to its end. Each step
// is a function of the phase the job is in; each outcome is an event, in the journal before the
// next step begins. A step can be repeated at any time: after a restart it finds by label what it
// had made.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "runtime/job/job_history.h"
#include "runtime/job/job_site.h"

namespace trainyard {

class JobWork;

class JobRun {
 public:
  using OnEvent = std::function<void(const JobRecord& job)>;

  // `state` is what the journal holds. `resumed`: an earlier daemon may have begun the work.
  // `on_event` is told of every event, under the job's lock.
  JobRun(JobSite& site, JobId id, JobState state, bool resumed, OnEvent on_event);

  // These may be called from any thread.
  JobId id() const { return id_; }
  JobRecord record() const;
  Phase phase() const;
  // Id of the training container; "" while it is not known.
  std::string container() const;
  // Of the container; 0 while it has not ended.
  int exit_code() const;
  // conflict when the job has ended; success when it is on its way to its end already.
  Result<void> request_stop();
  // A container with this id has changed, or, with "", any may have.
  void look(const std::string& container);
  Result<JobRecord> replace_document(const std::string& document);
  // Rewrites the latest status message, until the status changes.
  void show(std::string message);
  // Ends a job that was stopped before any work on it began.
  Result<void> end_unstarted();
  // The job is to be forgotten: `run` removes everything of it from the Engine and returns soon.
  // Without any word to the container, and whatever phase the job is in.
  void abandon();
  bool abandoned() const { return abandoned_.stop_requested(); }

  // The job has ended, and not everything of it could be removed from the Engine.
  void leaves_something() { something_left_ = true; }
  bool something_left() const { return something_left_; }

  // Works until the job has ended or `stop` is requested; then the container, if it runs, is left
  // running. One thread, once.
  void run(std::stop_token stop);

 private:
  friend JobWork;

  // Puts an event into the journal and the state. conflict when it no longer has a place there.
  Result<void> record_event(JobEvent event);
  Result<void> record_locked(JobEvent event);
  // False when work on the job is over.
  bool take_step(JobWork& work, const std::stop_token& stop, const std::stop_token& ending);
  void go_on(const std::stop_token& stop, const std::stop_token& ending);
  // Records what came of the work in phase `of`, unless the job is in another phase by now. Tries
  // until the journal can be written; false when the daemon ends before.
  bool record_outcome(const JobEvent& event, Phase of, std::stop_token stop);
  void await_next(Phase of, const std::stop_token& stop);

  JobSite& site_;
  const JobId id_;
  bool resumed_;
  const OnEvent on_event_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;  // state_, look_, log_ended_
  JobState state_;
  std::string live_message_;
  std::string container_;  // id of the training container, once it is known
  bool look_ = false;
  bool log_ended_ = false;
  std::stop_source preparation_stop_;  // data, image and container are no longer wanted
  std::stop_source patience_stop_;     // of results that wait for being stored
  std::stop_source abandoned_;
  std::atomic<bool> something_left_ = false;
};

}  // namespace trainyard
