#include "api/s3/s3_service.h"

#include "api/s3/operation_table.h"

namespace trainyard::api {

namespace {

// There is one account: whoever expects another one must not find its data here.
S3Result<void> check_expected_owner(const S3Call& call) {
  for (const char* name : {"x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"}) {
    const auto owner = call.request.headers.find(name);
    if (owner && *owner != call.settings.account_id) return s3_failure("AccessDenied");
  }
  return {};
}

// Buckets have no versions: everything is the version "null".
S3Result<void> check_version(const S3Call& call) {
  const auto version = call.query.find("versionId");
  if (version && *version != "null") {
    return s3_failure("NoSuchVersion", {{"Key", call.key}, {"VersionId", std::string(*version)}});
  }
  return {};
}

}  // namespace

Response S3Service::handle(Request& request, const std::optional<std::string>& bucket_from_host) {
  auto response = dispatch(request, bucket_from_host);
  if (response) return std::move(*response);
  return s3_error_response(response.error(), request.path, request.id, request.method == "HEAD");
}

S3Result<Response> S3Service::dispatch(Request& request,
                                       const std::optional<std::string>& bucket_from_host) {
  TRY(auto target, split_target(request.path, bucket_from_host));
  auto query = QueryParameters::parse(request.query);
  if (!query) return s3_failure("InvalidURI");
  S3Call call{
      store_,           settings_, request, std::move(target.first), std::move(target.second),
      std::move(*query)};
  TRY(const S3Operation* operation, find_operation(call));
  TRY_VOID(check_expected_owner(call));
  TRY_VOID(check_version(call));
  return operation->handler(call);
}

}  // namespace trainyard::api
