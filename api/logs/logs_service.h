#pragma once

#include "api/logs/context.h"
#include "api/wire/http_message.h"

namespace trainyard::api {

// The CloudWatch Logs API, as far as training jobs and their clients need it: AWS JSON 1.1 by
// X-Amz-Target. Every request gets an answer in the protocol's form, whatever is wrong with it.
//
// Keeps references to the groups and the clock, which must outlive it. Any thread.
class LogsService {
 public:
  using Settings = LogsSettings;

  LogsService(LogGroups& groups, Clock& clock, Settings settings)
      : context_{groups, clock, std::move(settings), {}} {}

  Response handle(Request& request);

 private:
  LogsContext context_;
};

}  // namespace trainyard::api
