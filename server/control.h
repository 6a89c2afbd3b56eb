#pragma once

// The daemon's own routes, under /_trainyard: what its commands and its user ask beside the
// services.
//
//   GET  /_trainyard/health          {"status":"ok","version":…,"region":…,"engine":{…}}
//   POST /_trainyard/reset           stops and forgets everything; {"status":"reset"} when it is so
//   GET  /_trainyard/jobs/NAME/log   the lines of the job's log that are there, as plain text
//
// The first two also by the names that test suites know from other servers: /_localstack/health and
// /moto-api/reset. A POST must be of a kind that no HTML form can send: with a content type of JSON
// or with a field X-Trainyard. Refusals are plain text of one line.

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "api/wire/http_message.h"
#include "runtime/engine/container_engine.h"
#include "runtime/job/training_jobs.h"

namespace trainyard::server {

// Any thread, several at once. The jobs must outlive it and the bodies of its responses.
class ControlService {
 public:
  struct Parts {
    std::function<Result<EngineInfo>()> engine_info;  // of the Engine in use
    std::function<Result<void>()> reset;              // stops and forgets everything
    std::string region;
    std::string account_id;
  };

  ControlService(TrainingJobs& jobs, Parts parts) : jobs_(jobs), parts_(std::move(parts)) {}

  static bool is_route(std::string_view path);
  api::Response handle(api::Request& request);

 private:
  api::Response health();
  api::Response reset(const api::Request& request);
  api::Response log(const std::string& job);

  TrainingJobs& jobs_;
  const Parts parts_;
};

}  // namespace trainyard::server
