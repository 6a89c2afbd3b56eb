#include "api/sagemaker/job_errors.h"
#include "api/sagemaker/operations.h"
#include "api/sagemaker/tag_rules.h"
#include "api/sagemaker/training_job_document.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// The job that a resource ARN names, as written in the ARN (in lower case).
ApiResult<std::string> tagged_job(const SageMakerContext& context, const Json& in) {
  const auto arn = in.at("ResourceArn").get<std::string>();
  const std::string ours = training_job_arn(context.settings, "");
  if (arn.starts_with(ours) && arn.size() > ours.size()) return arn.substr(ours.size());
  return failure(AwsError::validation(fmt::format(
      "Requested resource not found. The resources with tags are the training jobs of this account "
      "and region, whose ARNs begin with {}.",
      ours)));
}

ApiResult<Tags> tags_of(SageMakerContext& context, const std::string& job) {
  auto tags = context.jobs.tags(job);
  if (!tags) return failure(job_error(tags.error()));
  return std::move(*tags);
}

ApiResult<> replace_tags(SageMakerContext& context, const std::string& job, Tags tags) {
  const auto replaced = context.jobs.replace_tags(job, std::move(tags));
  if (!replaced) return failure(job_error(replaced.error()));
  return {};
}

}  // namespace

ApiResult<Json> add_tags(SageMakerContext& context, const Json& in) {
  TRY(const std::string job, tagged_job(context, in));
  TRY(const Tags added, parse_tags(in.at("Tags")));
  const std::lock_guard lock(context.change);
  TRY(Tags tags, tags_of(context, job));
  for (const auto& [key, value] : added) tags[key] = value;
  if (tags.size() > tags_max) {
    return failure(AwsError::validation(
        fmt::format("The resource would have {} tags; at most {} are allowed. Remove some with "
                    "DeleteTags first.",
                    tags.size(), tags_max)));
  }
  TRY_VOID(replace_tags(context, job, tags));
  return Json{{"Tags", tags_to_json(tags)}};
}

// A resource has at most 50 tags and a page at least 50: there is never a second one.
ApiResult<Json> list_tags(SageMakerContext& context, const Json& in) {
  TRY(const std::string job, tagged_job(context, in));
  if (in.contains("NextToken")) {
    return failure(AwsError::validation("Invalid NextToken: it was not returned by this service."));
  }
  TRY(const Tags tags, tags_of(context, job));
  return Json{{"Tags", tags_to_json(tags)}};
}

ApiResult<Json> delete_tags(SageMakerContext& context, const Json& in) {
  TRY(const std::string job, tagged_job(context, in));
  const std::lock_guard lock(context.change);
  TRY(Tags tags, tags_of(context, job));
  for (const Json& key : in.at("TagKeys")) tags.erase(key.get<std::string>());
  TRY_VOID(replace_tags(context, job, std::move(tags)));
  return Json::object();
}

}  // namespace trainyard::api
