#include "api/logs/log_tags.h"

#include "api/logs/log_errors.h"
#include "api/logs/log_names.h"
#include "api/logs/operations.h"
#include "api/sagemaker/tag_rules.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

ApiResult<Json> add_tags_to(LogsContext& context, const LogGroup& group, const Json& in) {
  TRY(const LogTags added, checked_log_tags(in["tags"].get<LogTags>()));
  const std::lock_guard lock(context.change_tags);
  auto tags = context.groups.catalog().tags(group.id);
  if (!tags) return failure(log_error(tags.error()));
  for (const auto& [key, value] : added) (*tags)[key] = value;
  if (tags->size() > tags_max) {
    return failure(AwsError{"TooManyTagsException",
                            fmt::format("The log group would have {} tags; at most {} are allowed.",
                                        tags->size(), tags_max)});
  }
  const auto replaced = context.groups.catalog().replace_tags(group.id, *tags);
  if (!replaced) return failure(log_error(replaced.error()));
  return Json();
}

ApiResult<Json> remove_tags_from(LogsContext& context, const LogGroup& group, const Json& keys) {
  const std::lock_guard lock(context.change_tags);
  auto tags = context.groups.catalog().tags(group.id);
  if (!tags) return failure(log_error(tags.error()));
  for (const Json& key : keys) tags->erase(key.get<std::string>());
  const auto replaced = context.groups.catalog().replace_tags(group.id, *tags);
  if (!replaced) return failure(log_error(replaced.error()));
  return Json();
}

ApiResult<Json> tags_of(LogsContext& context, const LogGroup& group) {
  const auto tags = context.groups.catalog().tags(group.id);
  if (!tags) return failure(log_error(tags.error()));
  Json map = Json::object();
  for (const auto& [key, value] : *tags) map[key] = value;
  return Json{{"tags", std::move(map)}};
}

ApiResult<LogGroup> tagged_group(LogsContext& context, const Json& in) {
  return log_group_of_arn(context, in["resourceArn"].get<std::string>());
}

}  // namespace

ApiResult<LogTags> checked_log_tags(LogTags tags) {
  for (const auto& [key, value] : tags) {
    if (is_reserved_tag_key(key)) {
      return failure(invalid_log_parameter(
          fmt::format("aws: prefixed tag key names are not allowed for external use: '{}'.", key)));
    }
  }
  return tags;
}

ApiResult<Json> tag_log_resource(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, tagged_group(context, in));
  return add_tags_to(context, group, in);
}

ApiResult<Json> untag_log_resource(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, tagged_group(context, in));
  return remove_tags_from(context, group, in["tagKeys"]);
}

ApiResult<Json> list_tags_for_log_resource(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, tagged_group(context, in));
  return tags_of(context, group);
}

ApiResult<Json> tag_log_group(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, named_log_group(context, in));
  return add_tags_to(context, group, in);
}

ApiResult<Json> untag_log_group(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, named_log_group(context, in));
  return remove_tags_from(context, group, in["tags"]);
}

ApiResult<Json> list_tags_log_group(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, named_log_group(context, in));
  return tags_of(context, group);
}

}  // namespace trainyard::api
