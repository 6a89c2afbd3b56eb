#include "api/s3/s3_service.h"

#include "api/s3/cors.h"
#include "api/s3/operation_table.h"
#include "api/s3/presigned.h"

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

S3Result<std::optional<std::string>> named_version(const QueryParameters& query) {
  const auto version = query.find("versionId");
  if (!version) return std::nullopt;
  if (version->empty()) {
    return s3_failure("InvalidArgument", "Version id cannot be the empty string");
  }
  return std::string(*version);
}

S3Result<Response> carry_out(S3Call& call) {
  if (is_preflight(call)) return answer_preflight(call);
  TRY_VOID(check_expiry(call.query, call.clock.now()));
  TRY(call.version, named_version(call.query));
  TRY(const S3Operation* operation, find_operation(call));
  call.operation = operation->name;
  TRY_VOID(check_expected_owner(call));
  return operation->handler(call);
}

}  // namespace

Response S3Service::handle(Request& request, const std::optional<std::string>& bucket_from_host) {
  const auto refused = [&](const S3Error& error) {
    return s3_error_response(error, request.path, request.id, request.method == "HEAD");
  };
  auto call = take_apart(request, bucket_from_host);
  if (!call) return refused(call.error());
  restore_headers(call->query, request.headers);
  // Operations may change the call: the rules are those for what was asked.
  Headers for_pages;
  add_cors_headers(*call, for_pages);
  auto answer = carry_out(*call);
  Response response = answer ? std::move(*answer) : refused(answer.error());
  response.operation = call->operation;
  for (const auto& [name, value] : for_pages.fields()) response.headers.add(name, value);
  return response;
}

bool S3Service::admits_page(Request& request, const std::optional<std::string>& bucket_from_host) {
  auto call = take_apart(request, bucket_from_host);
  return call && api::admits_page(*call);
}

S3Result<S3Call> S3Service::take_apart(Request& request,
                                       const std::optional<std::string>& bucket_from_host) {
  TRY(auto target, split_target(request.path, bucket_from_host));
  auto query = QueryParameters::parse(request.query);
  if (!query) return s3_failure("InvalidURI");
  BucketStore& store = buckets_.store_of(target.first);
  return S3Call{buckets_,
                store,
                clock_,
                settings_,
                request,
                std::move(target.first),
                std::move(target.second),
                std::move(*query),
                std::nullopt,
                bucket_from_host.has_value()};
}

}  // namespace trainyard::api
