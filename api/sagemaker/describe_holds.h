#pragma once

// Holds back the answers to DescribeTrainingJob that hold_rule.h says to hold. Any thread.

#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "api/sagemaker/hold_rule.h"
#include "api/wire/http_message.h"
#include "runtime/base/clock.h"
#include "runtime/job/training_jobs.h"

namespace trainyard::api {

class DescribeHolds {
 public:
  // Jobs and clock outlive this and every answer that is held.
  DescribeHolds(TrainingJobs& jobs, const Clock& clock, std::chrono::milliseconds longest)
      : jobs_(jobs), clock_(clock), longest_(longest) {}

  void note_creation(Asker asker, const std::string& job);

  // `answer` makes what is sent when the time has come. Nothing: it should be made at once.
  std::optional<HeldBody> hold(Asker asker, const std::string& job,
                               std::function<Response()> answer);

 private:
  bool is_first_after_creation(Asker asker, const std::string& job);

  TrainingJobs& jobs_;
  const Clock& clock_;
  const std::chrono::milliseconds longest_;
  std::mutex mutex_;
  std::deque<std::string> created_;  // by sagemaker_core, and not yet asked for; the newest last
};

}  // namespace trainyard::api
