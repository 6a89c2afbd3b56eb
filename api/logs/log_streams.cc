#include <algorithm>

#include "api/logs/log_errors.h"
#include "api/logs/log_names.h"
#include "api/logs/operations.h"
#include "api/wire/opaque_token.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::size_t default_stream_page = 50;

// A stream and its place in the order by latest event: streams without events come first.
struct DatedStream {
  LogStream stream;
  LogSummary summary;

  std::int64_t latest() const {
    return summary.events == 0 ? 0 : to_milliseconds(summary.latest_time);
  }
  std::pair<std::int64_t, const std::string&> order() const { return {latest(), stream.name}; }
};

ApiResult<DatedStream> dated(LogsContext& context, LogStream stream) {
  const auto summary = context.groups.store().summary(stream.key());
  if (!summary) return failure(log_error(summary.error()));
  return DatedStream{std::move(stream), *summary};
}

Json stream_json(const LogsContext& context, const LogGroup& group, const DatedStream& dated) {
  const LogSummary& summary = dated.summary;
  Json json{{"logStreamName", dated.stream.name},
            {"creationTime", to_milliseconds(dated.stream.creation_time)},
            {"uploadSequenceToken", fmt::format("{:056}", summary.events)},
            {"arn", log_stream_arn(context.settings, group.name, dated.stream.name)},
            {"storedBytes", 0}};
  if (summary.events > 0) {
    json["firstEventTimestamp"] = to_milliseconds(summary.first_time);
    json["lastEventTimestamp"] = to_milliseconds(summary.latest_time);
    json["lastIngestionTime"] = to_milliseconds(summary.ingestion_time);
  }
  return json;
}

// The streams behind a token's, one more than `limit` where there are as many.
ApiResult<std::vector<DatedStream>> streams_by_name(LogsContext& context, const LogGroup& group,
                                                    const Json& in, const Json& token,
                                                    std::size_t limit) {
  const bool descending = in.value("descending", false);
  LogNameQuery query;
  query.prefix = in.value("logStreamNamePrefix", "");
  query.descending = descending;
  if (token.is_object()) query.after = token["name"].get<std::string>();
  query.limit = limit + 1;
  auto streams = context.groups.catalog().list_streams(group.id, query);
  if (!streams) return failure(log_error(streams.error()));
  std::vector<DatedStream> page;
  for (LogStream& stream : *streams) {
    TRY(DatedStream with_dates, dated(context, std::move(stream)));
    page.push_back(std::move(with_dates));
  }
  return page;
}

ApiResult<std::vector<DatedStream>> streams_by_time(LogsContext& context, const LogGroup& group,
                                                    const Json& in, const Json& token,
                                                    std::size_t limit) {
  const bool descending = in.value("descending", false);
  auto streams = context.groups.catalog().list_streams(group.id, {.limit = SIZE_MAX});
  if (!streams) return failure(log_error(streams.error()));
  std::vector<DatedStream> page;
  for (LogStream& stream : *streams) {
    TRY(DatedStream with_dates, dated(context, std::move(stream)));
    if (token.is_object()) {
      const auto name = token["name"].get<std::string>();
      const std::pair<std::int64_t, const std::string&> after{token["time"].get<std::int64_t>(),
                                                              name};
      if (descending ? with_dates.order() >= after : with_dates.order() <= after) continue;
    }
    page.push_back(std::move(with_dates));
  }
  std::ranges::sort(page, [&](const DatedStream& a, const DatedStream& b) {
    return descending ? b.order() < a.order() : a.order() < b.order();
  });
  if (page.size() > limit + 1)
    page.erase(page.begin() + static_cast<std::ptrdiff_t>(limit + 1), page.end());
  return page;
}

ApiResult<Json> read_token(const Json& in) {
  if (!in.contains("nextToken")) return Json();
  Json token = from_opaque_token(in["nextToken"].get<std::string>());
  if (!token_member(token, "name").is_string() ||
      !token_member(token, "time").is_number_integer()) {
    return failure(invalid_log_token());
  }
  return token;
}

}  // namespace

ApiResult<Json> create_log_stream(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, named_log_group(context, in));
  const auto added = context.groups.catalog().add_stream(
      group.id, in["logStreamName"].get<std::string>(), context.clock.now());
  if (added) return Json();
  if (added.error().kind == ErrorKind::already_exists) return failure(log_stream_exists());
  return failure(log_error(added.error()));
}

ApiResult<Json> describe_log_streams(LogsContext& context, const Json& in) {
  const bool by_time = in.value("orderBy", "LogStreamName") == "LastEventTime";
  if (by_time && in.contains("logStreamNamePrefix")) {
    return failure(
        invalid_log_parameter("Cannot order by LastEventTime with a logStreamNamePrefix."));
  }
  TRY(const LogGroup group, identified_log_group(context, in));
  TRY(const Json token, read_token(in));
  const std::size_t limit = in.value("limit", default_stream_page);
  TRY(auto page, by_time ? streams_by_time(context, group, in, token, limit)
                         : streams_by_name(context, group, in, token, limit));
  // A token only where there is more: clients ask on as long as there is one.
  const bool more = page.size() > limit;
  if (more) page.pop_back();
  Json list = Json::array();
  for (const DatedStream& stream : page) list.push_back(stream_json(context, group, stream));
  Json output{{"logStreams", std::move(list)}};
  if (more) {
    output["nextToken"] =
        to_opaque_token({{"name", page.back().stream.name}, {"time", page.back().latest()}});
  }
  return output;
}

ApiResult<Json> delete_log_stream(LogsContext& context, const Json& in) {
  TRY(const LogGroup group, named_log_group(context, in));
  const auto removed =
      context.groups.remove_stream(group.name, in["logStreamName"].get<std::string>());
  if (removed) return Json();
  if (removed.error().kind == ErrorKind::not_found) return failure(no_such_log_stream());
  if (removed.error().kind == ErrorKind::conflict) {
    return failure(log_operation_aborted(removed.error().message + "; wait for its end"));
  }
  return failure(log_error(removed.error()));
}

}  // namespace trainyard::api
