#pragma once

// From the names and ARNs in a request to groups and streams, and back.

#include <string>

#include <nlohmann/json.hpp>

#include "api/logs/context.h"
#include "api/wire/aws_error.h"

namespace trainyard::api {

// arn:aws:logs:REGION:ACCOUNT:log-group:NAME
std::string log_group_arn(const LogsSettings& settings, const std::string& group);
// The same with :log-stream:NAME behind it.
std::string log_stream_arn(const LogsSettings& settings, const std::string& group,
                           const std::string& stream);

// The group that `logGroupName` names.
ApiResult<LogGroup> named_log_group(LogsContext& context, const nlohmann::json& in);
// The group that either `logGroupName` or `logGroupIdentifier`, a name or an ARN, names.
ApiResult<LogGroup> identified_log_group(LogsContext& context, const nlohmann::json& in);
// The group of an ARN, with or without ":*" at its end.
ApiResult<LogGroup> log_group_of_arn(LogsContext& context, const std::string& arn);

// The stream of that name in the group.
ApiResult<LogStream> log_stream_in(LogsContext& context, const LogGroup& group,
                                   const std::string& name);

// What the group's retention still shows begins here.
Time shown_since(const LogGroup& group, Time now);

}  // namespace trainyard::api
