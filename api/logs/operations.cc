#include "api/logs/operations.h"

namespace trainyard::api {

namespace {

constexpr LogsOperation table[] = {
    {"CreateLogGroup", create_log_group},
    {"DescribeLogGroups", describe_log_groups},
    {"DeleteLogGroup", delete_log_group},
    {"PutRetentionPolicy", put_retention_policy},
    {"DeleteRetentionPolicy", delete_retention_policy},
    {"CreateLogStream", create_log_stream},
    {"DescribeLogStreams", describe_log_streams},
    {"DeleteLogStream", delete_log_stream},
    {"PutLogEvents", put_log_events},
    {"GetLogEvents", get_log_events},
    {"FilterLogEvents", filter_log_events},
    {"TagResource", tag_log_resource},
    {"UntagResource", untag_log_resource},
    {"ListTagsForResource", list_tags_for_log_resource},
    {"TagLogGroup", tag_log_group},
    {"UntagLogGroup", untag_log_group},
    {"ListTagsLogGroup", list_tags_log_group},
};

}  // namespace

std::span<const LogsOperation> logs_operations() {
  return table;
}

}  // namespace trainyard::api
