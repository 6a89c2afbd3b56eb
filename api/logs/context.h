#pragma once

// What the operations of the Logs service work on.

#include <mutex>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/log/log_groups.h"

namespace trainyard::api {

struct LogsSettings {
  std::string region = "us-east-1";
  std::string account_id = "123456789012";
};

// Refers to what it does not own. Any thread.
struct LogsContext {
  LogGroups& groups;
  Clock& clock;
  LogsSettings settings;
  // Held while tags are read, changed and written back.
  std::mutex change_tags;
};

}  // namespace trainyard::api
