#pragma once

// Who wants to know when a job changes.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/job/job_record.h"

namespace trainyard {

// Ends the watch when it goes; no call is under way then.
using JobWatch = std::shared_ptr<void>;

// What the job is now; nothing once it is gone. Called on the thread that changed the job, under
// locks: it must return soon, call nothing of the job's or of the watchers', and not end its own
// watch.
using OnJobChange = std::function<void(const JobRecord* job)>;

// Any thread. Outlives its watches.
class JobWatchers {
 public:
  JobWatch watch(const std::string& name, OnJobChange on_change);
  void tell(const JobRecord& record);
  void tell_gone(const std::string& name);
  void tell_all_gone();

 private:
  std::mutex mutex_;
  std::multimap<std::string, OnJobChange> watchers_;  // by name in lower case
};

}  // namespace trainyard
