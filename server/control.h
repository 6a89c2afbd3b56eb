#pragma once

// The daemon's own routes, under /_trainyard: what its commands and its user ask beside the
// services.
//
//   GET /_trainyard/health          {"status":"ok","version":…,"engine":{"reachable":…}}
//   GET /_trainyard/jobs/NAME/log   the lines of the job's log that are there, as plain text
//
// Refusals are plain text of one line.

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
  // `engine_info` is ContainerEngine::info of the Engine in use.
  using EngineInfoSource = std::function<Result<EngineInfo>()>;

  ControlService(TrainingJobs& jobs, EngineInfoSource engine_info)
      : jobs_(jobs), engine_info_(std::move(engine_info)) {}

  static bool is_route(std::string_view path);
  api::Response handle(api::Request& request);

 private:
  api::Response health();
  api::Response log(const std::string& job);

  TrainingJobs& jobs_;
  EngineInfoSource engine_info_;
};

}  // namespace trainyard::server
