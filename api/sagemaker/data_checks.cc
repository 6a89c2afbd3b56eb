#include "api/sagemaker/data_checks.h"

#include "api/sagemaker/s3_uri.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

tl::unexpected<AwsError> no_objects(const SageMakerContext& context, const Json& request,
                                    const std::string& uri, const std::string& bucket) {
  return failure(AwsError::validation(fmt::format(
      "No S3 objects found under S3 URL \"{}\" given in input data source. Please ensure that the "
      "bucket exists in the selected region ({}), that objects exist under that S3 prefix, and "
      "that the role \"{}\" has \"s3:ListBucket\" permissions on bucket \"{}\".",
      uri, context.settings.region, request.at("RoleArn").get<std::string>(), bucket)));
}

ApiResult<> check_file(SageMakerContext& context, const std::string& path, bool for_output) {
  const Result<void> checked = context.check_file(path, for_output);
  if (checked) return {};
  const AwsError error = AwsError::from(checked.error());
  return failure(error.status >= 500 ? error : AwsError::validation(error.message));
}

ApiResult<> check_source(SageMakerContext& context, const Json& request, const std::string& uri) {
  if (const auto path = parse_file_uri(uri)) return check_file(context, *path, false);
  const auto source = parse_s3_uri(uri);
  if (!source) return failure(AwsError::validation(fmt::format("Not an S3 URI: '{}'.", uri)));
  ObjectListQuery query;
  query.prefix = source->key;
  query.limit = 1;
  const auto page = context.objects.list(source->bucket, query);
  if (!page && page.error().kind != ErrorKind::not_found &&
      page.error().kind != ErrorKind::invalid_argument) {
    return failure(AwsError::from(page.error()));
  }
  if (!page || page->objects.empty()) {
    return no_objects(context, request, uri, source->bucket);
  }
  return {};
}

ApiResult<> check_output(SageMakerContext& context, const std::string& uri) {
  if (const auto path = parse_file_uri(uri)) return check_file(context, *path, true);
  const auto target = parse_s3_uri(uri);
  if (!target) return failure(AwsError::validation(fmt::format("Not an S3 URI: '{}'.", uri)));
  const auto found = context.objects.has_bucket(target->bucket);
  if (!found && found.error().kind != ErrorKind::not_found &&
      found.error().kind != ErrorKind::invalid_argument) {
    return failure(AwsError::from(found.error()));
  }
  if (found && *found) return {};
  return failure(AwsError::validation(fmt::format(
      "Access denied to OutputDataConfig S3 bucket: bucket \"{0}\" of S3OutputPath \"{1}\" does "
      "not exist. Create it first, for example with: aws s3 mb s3://{0}",
      target->bucket, uri)));
}

}  // namespace

ApiResult<> check_training_job_data(SageMakerContext& context, const Json& request) {
  for (const Json& channel : request.value("InputDataConfig", Json::array())) {
    const Json& source = channel.at("DataSource").at("S3DataSource");
    TRY_VOID(check_source(context, request, source.at("S3Uri").get<std::string>()));
  }
  const Json& output = request.at("OutputDataConfig");
  return check_output(context, output.at("S3OutputPath").get<std::string>());
}

}  // namespace trainyard::api
