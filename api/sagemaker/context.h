#pragma once

// What the operations of the SageMaker service work on.

#include <functional>
#include <mutex>
#include <string>

#include "runtime/base/result.h"
#include "runtime/job/training_jobs.h"
#include "runtime/object/object_store.h"

namespace trainyard::api {

struct SageMakerSettings {
  std::string region = "us-east-1";
  std::string account_id = "123456789012";
  int max_instances = 8;  // container hosts at once
};

// Whether a job may read from (or, for output, write to) `path`, an absolute path as the request
// names it. The error says why not.
using CheckFile = std::function<Result<void>(const std::string& path, bool for_output)>;

// Refers to what it does not own. Any thread.
struct SageMakerContext {
  TrainingJobs& jobs;
  ObjectStore& objects;
  CheckFile check_file;
  SageMakerSettings settings;
  // Held while a job's tags or document are read, changed and written back.
  std::mutex change;
};

}  // namespace trainyard::api
