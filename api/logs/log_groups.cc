#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "api/logs/log_errors.h"
#include "api/logs/log_names.h"
#include "api/logs/log_tags.h"
#include "api/logs/operations.h"
#include "api/wire/opaque_token.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::size_t default_page = 50;
constexpr std::array retention_days{1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                    365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

ApiResult<std::uint64_t> stored_bytes(LogsContext& context, const LogGroup& group) {
  const auto streams = context.groups.catalog().list_streams(group.id, {.limit = SIZE_MAX});
  if (!streams) return failure(log_error(streams.error()));
  std::uint64_t bytes = 0;
  for (const LogStream& stream : *streams) {
    const auto summary = context.groups.store().summary(stream.key());
    if (!summary) return failure(log_error(summary.error()));
    bytes += summary->bytes;
  }
  return bytes;
}

ApiResult<Json> group_json(LogsContext& context, const LogGroup& group) {
  const std::string arn = log_group_arn(context.settings, group.name);
  TRY(const std::uint64_t bytes, stored_bytes(context, group));
  Json json{{"logGroupName", group.name},
            {"creationTime", to_milliseconds(group.creation_time)},
            {"metricFilterCount", 0},
            {"arn", arn + ":*"},
            {"logGroupArn", arn},
            {"storedBytes", bytes},
            {"logGroupClass", group.storage_class},
            {"deletionProtectionEnabled", false}};
  if (group.retention_days) json["retentionInDays"] = *group.retention_days;
  if (!group.kms_key.empty()) json["kmsKeyId"] = group.kms_key;
  return json;
}

ApiResult<Json> groups_json(LogsContext& context, const std::vector<LogGroup>& groups) {
  Json list = Json::array();
  for (const LogGroup& group : groups) {
    TRY(Json json, group_json(context, group));
    list.push_back(std::move(json));
  }
  return list;
}

ApiResult<Json> describe_identified(LogsContext& context, const Json& in) {
  std::vector<LogGroup> groups;
  for (const Json& identifier : in["logGroupIdentifiers"]) {
    const auto group = identified_log_group(context, {{"logGroupIdentifier", identifier}});
    if (group) groups.push_back(*group);
  }
  TRY(Json list, groups_json(context, groups));
  return Json{{"logGroups", std::move(list)}};
}

}  // namespace

ApiResult<Json> create_log_group(LogsContext& context, const Json& in) {
  if (in.value("deletionProtectionEnabled", false)) {
    return failure(
        AwsError::not_implemented("Trainyard does not protect log groups from deletion: leave "
                                  "deletionProtectionEnabled out."));
  }
  TRY(const LogTags tags, checked_log_tags(in.value("tags", LogTags{})));
  LogGroup group;
  group.name = in["logGroupName"].get<std::string>();
  group.creation_time = context.clock.now();
  group.storage_class = in.value("logGroupClass", "STANDARD");
  group.kms_key = in.value("kmsKeyId", "");
  const auto added = context.groups.catalog().add_group(group, tags);
  if (added) return Json();
  if (added.error().kind == ErrorKind::already_exists) return failure(log_group_exists());
  return failure(log_error(added.error()));
}

ApiResult<Json> describe_log_groups(LogsContext& context, const Json& in) {
  if (in.contains("logGroupNamePrefix") && in.contains("logGroupNamePattern")) {
    return failure(invalid_log_parameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
  }
  if (in.contains("logGroupIdentifiers")) return describe_identified(context, in);
  const std::size_t limit = in.value("limit", default_page);
  LogNameQuery query;
  query.prefix = in.value("logGroupNamePrefix", "");
  query.contains = in.value("logGroupNamePattern", "");
  if (in.contains("logGroupClass")) query.storage_class = in["logGroupClass"].get<std::string>();
  query.limit = limit + 1;
  if (in.contains("nextToken")) {
    const Json token = from_opaque_token(in["nextToken"].get<std::string>());
    if (!token_member(token, "group").is_string()) return failure(invalid_log_token());
    query.after = token["group"].get<std::string>();
  }
  auto groups = context.groups.catalog().list_groups(query);
  if (!groups) return failure(log_error(groups.error()));
  const bool more = groups->size() > limit;
  if (more) groups->resize(limit);
  TRY(Json list, groups_json(context, *groups));
  Json output{{"logGroups", std::move(list)}};
  if (more) output["nextToken"] = to_opaque_token({{"group", groups->back().name}});
  return output;
}

ApiResult<Json> delete_log_group(LogsContext& context, const Json& in) {
  const auto removed = context.groups.remove_group(in["logGroupName"].get<std::string>());
  if (removed) return Json();
  if (removed.error().kind == ErrorKind::not_found) return failure(no_such_log_group());
  if (removed.error().kind == ErrorKind::conflict) {
    return failure(log_operation_aborted(removed.error().message + "; wait for its end"));
  }
  return failure(log_error(removed.error()));
}

ApiResult<Json> put_retention_policy(LogsContext& context, const Json& in) {
  const int days = in["retentionInDays"].get<int>();
  if (std::ranges::find(retention_days, days) == retention_days.end()) {
    return failure(invalid_log_parameter(fmt::format(
        "1 validation error detected: Value '{}' at 'retentionInDays' failed to satisfy "
        "constraint: Member must satisfy enum value set: [{}]",
        days, fmt::join(retention_days, ", "))));
  }
  TRY(const LogGroup group, named_log_group(context, in));
  const auto set = context.groups.catalog().set_retention(group.id, days);
  if (!set) return failure(log_error(set.error()));
  return Json();
}

ApiResult<Json> delete_retention_policy(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, named_log_group(context, in));
  const auto set = context.groups.catalog().set_retention(group.id, std::nullopt);
  if (!set) return failure(log_error(set.error()));
  return Json();
}

}  // namespace trainyard::api
