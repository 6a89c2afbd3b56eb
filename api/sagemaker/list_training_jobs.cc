#include "api/sagemaker/job_errors.h"
#include "api/sagemaker/operations.h"
#include "api/sagemaker/page_token.h"
#include "api/wire/opaque_token.h"
#include "api/wire/timestamp.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::size_t default_job_page = 10;

std::optional<Time> moment(const Json& in, const char* member) {
  const auto found = in.find(member);
  if (found == in.end()) return std::nullopt;
  return from_epoch_seconds(found->get<double>());
}

JobQuery::Sort sort_of(const Json& in) {
  const std::string by = in.value("SortBy", "CreationTime");
  if (by == "Name") return JobQuery::Sort::name;
  return by == "Status" ? JobQuery::Sort::status : JobQuery::Sort::creation_time;
}

JobQuery query_of(const Json& in) {
  JobQuery query;
  query.created_after = moment(in, "CreationTimeAfter");
  query.created_before = moment(in, "CreationTimeBefore");
  query.modified_after = moment(in, "LastModifiedTimeAfter");
  query.modified_before = moment(in, "LastModifiedTimeBefore");
  query.name_contains = in.value("NameContains", "");
  query.sort = sort_of(in);
  query.descending = in.value("SortOrder", "Descending") == "Descending";
  query.limit = in.value("MaxResults", default_job_page);
  return query;
}

Json summary_json(const JobSummary& job) {
  Json summary{{"TrainingJobName", job.name},
               {"TrainingJobArn", job.arn},
               {"CreationTime", epoch_seconds(job.creation_time)},
               {"LastModifiedTime", epoch_seconds(job.last_modified_time)},
               {"TrainingJobStatus", to_string(job.status)},
               {"SecondaryStatus", to_string(job.secondary_status)}};
  if (job.training_end_time) summary["TrainingEndTime"] = epoch_seconds(*job.training_end_time);
  return summary;
}

// Filters that only jobs with a warm pool or a training plan pass, which no job here has.
bool asks_for_none(const Json& in) {
  return in.contains("WarmPoolStatusEquals") || in.contains("TrainingPlanArnEquals");
}

}  // namespace

ApiResult<Json> list_training_jobs(SageMakerContext& context, const Json& in) {
  Json output{{"TrainingJobSummaries", Json::array()}};
  if (asks_for_none(in)) return output;

  JobQuery query = query_of(in);
  const std::string identity = paged_request(in, "MaxResults");
  if (in.contains("NextToken")) {
    TRY(query.after, from_page_token(in["NextToken"].get<std::string>(), identity));
  }
  const auto status = job_status_from_string(in.value("StatusEquals", ""));
  // With both given the service takes the page first and filters it after, so that a page may be
  // short, or empty, and yet not be the last.
  const bool filter_after = status && in.contains("MaxResults");
  if (!filter_after) query.status = status;

  const auto page = context.jobs.list(query);
  if (!page) return failure(job_error(page.error()));
  for (const JobSummary& job : page->jobs) {
    if (filter_after && job.status != *status) continue;
    output["TrainingJobSummaries"].push_back(summary_json(job));
  }
  if (page->next) output["NextToken"] = to_page_token(*page->next, identity);
  return output;
}

}  // namespace trainyard::api
