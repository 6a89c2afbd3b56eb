#include "api/logs/log_names.h"

#include "api/logs/log_errors.h"

namespace trainyard::api {

namespace {

ApiResult<LogGroup> find_group(LogsContext& context, const std::string& name) {
  auto group = context.groups.catalog().find_group(name);
  if (group) return std::move(*group);
  if (group.error().kind == ErrorKind::not_found) return failure(no_such_log_group());
  return failure(log_error(group.error()));
}

}  // namespace

std::string log_group_arn(const LogsSettings& settings, const std::string& group) {
  return fmt::format("arn:aws:logs:{}:{}:log-group:{}", settings.region, settings.account_id,
                     group);
}

std::string log_stream_arn(const LogsSettings& settings, const std::string& group,
                           const std::string& stream) {
  return fmt::format("{}:log-stream:{}", log_group_arn(settings, group), stream);
}

ApiResult<LogGroup> named_log_group(LogsContext& context, const nlohmann::json& in) {
  return find_group(context, in.at("logGroupName").get<std::string>());
}

ApiResult<LogGroup> identified_log_group(LogsContext& context, const nlohmann::json& in) {
  const bool by_name = in.contains("logGroupName");
  if (by_name == in.contains("logGroupIdentifier")) {
    return failure(invalid_log_parameter(
        by_name ? "LogGroup name and LogGroup ARN are mutually exclusive parameters."
                : "Either logGroupName or logGroupIdentifier must be given."));
  }
  if (by_name) return named_log_group(context, in);
  const auto identifier = in["logGroupIdentifier"].get<std::string>();
  if (identifier.starts_with("arn:")) return log_group_of_arn(context, identifier);
  return find_group(context, identifier);
}

ApiResult<LogGroup> log_group_of_arn(LogsContext& context, const std::string& arn) {
  const std::string ours = log_group_arn(context.settings, "");
  if (!arn.starts_with(ours)) return failure(no_such_log_group());
  std::string name = arn.substr(ours.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return find_group(context, name);
}

ApiResult<LogStream> log_stream_in(LogsContext& context, const LogGroup& group,
                                   const std::string& name) {
  auto stream = context.groups.catalog().find_stream(group.id, name);
  if (stream) return std::move(*stream);
  if (stream.error().kind == ErrorKind::not_found) return failure(no_such_log_stream());
  return failure(log_error(stream.error()));
}

Time shown_since(const LogGroup& group, Time now) {
  if (!group.retention_days) return Time{};
  return now - std::chrono::days(*group.retention_days);
}

}  // namespace trainyard::api
