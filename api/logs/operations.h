#pragma once

// The operations of the Logs service. Each takes input that is valid by its shape and gives its
// output, null where it has none.

#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/logs/context.h"
#include "api/wire/aws_error.h"

namespace trainyard::api {

using LogsRun = ApiResult<nlohmann::json>(LogsContext& context, const nlohmann::json& in);

LogsRun create_log_group;
LogsRun describe_log_groups;
LogsRun delete_log_group;
LogsRun put_retention_policy;
LogsRun delete_retention_policy;
LogsRun create_log_stream;
LogsRun describe_log_streams;
LogsRun delete_log_stream;
LogsRun put_log_events;
LogsRun get_log_events;
LogsRun filter_log_events;
LogsRun tag_log_resource;
LogsRun untag_log_resource;
LogsRun list_tags_for_log_resource;
LogsRun tag_log_group;
LogsRun untag_log_group;
LogsRun list_tags_log_group;

struct LogsOperation {
  std::string_view name;
  LogsRun* run;
};

std::span<const LogsOperation> logs_operations();

}  // namespace trainyard::api
