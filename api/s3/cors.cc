#include "api/s3/cors.h"

#include <algorithm>
#include <iterator>

#include "api/s3/operation_table.h"
#include "api/s3/operations.h"
#include "api/s3/request_body.h"

namespace trainyard::api {

namespace {

constexpr const char* cors_setting = "cors";

S3Result<std::optional<std::vector<CorsRule>>> rules_of_bucket(S3Call& call) {
  if (call.bucket.empty()) return std::nullopt;
  TRY(const auto document, lift(call, call.store.setting(call.bucket, cors_setting)));
  if (!document) return std::nullopt;
  TRY(auto rules, parse_cors_document(*document));
  return rules;
}

// Of a preflight, what is asked for; of any other request, what it is.
CorsQuestion question_of(const S3Call& call) {
  if (!is_preflight(call)) return {call.header("origin"), call.request.method, ""};
  return {call.header("origin"), call.header("access-control-request-method"),
          call.header("access-control-request-headers")};
}

// What a bucket does for its objects. Everything else is about how it is set up.
constexpr std::string_view about_objects[] = {
    "HeadBucket",           "ListObjects",   "ListObjectsV2", "ListObjectVersions",
    "ListMultipartUploads", "DeleteObjects", "PostObject"};

bool is_about_objects(const S3Call& call) {
  if (!call.key.empty()) return true;
  const auto operation = find_operation(call);
  return operation &&
         std::ranges::find(about_objects, (*operation)->name) != std::end(about_objects);
}

}  // namespace

bool is_preflight(const S3Call& call) {
  return call.request.method == "OPTIONS";
}

bool admits_page(S3Call& call) {
  if (call.bucket.empty()) return false;
  if (is_preflight(call)) return !call.header("access-control-request-method").empty();
  if (!is_about_objects(call)) return false;
  // The rules of this bucket say nothing about another, of which a copy would be made.
  if (!call.header("x-amz-copy-source").empty()) return false;
  const auto rules = rules_of_bucket(call);
  return rules && *rules && find_cors_rule(**rules, question_of(call)).has_value();
}

S3Result<Response> answer_preflight(S3Call& call) {
  const CorsQuestion question = question_of(call);
  if (question.origin.empty()) {
    return s3_failure("BadRequest", "Insufficient information. Origin request header needed.");
  }
  if (question.method.empty()) {
    return s3_failure("BadRequest", "Invalid Access-Control-Request-Method: null");
  }
  TRY_VOID(require_bucket(call));
  TRY(const auto rules, rules_of_bucket(call));
  const std::vector<std::pair<const char*, std::string>> details = {
      {"Method", std::string(question.method)},
      {"ResourceType", call.key.empty() ? "BUCKET" : "OBJECT"}};
  if (!rules) return s3_failure("AccessForbidden", details);
  const auto answer = find_cors_rule(*rules, question);
  if (!answer) {
    return tl::unexpected<S3Error>(
        S3Error{"AccessForbidden",
                "CORSResponse: This CORS request is not allowed. This is usually because the "
                "evalution of Origin, request method / Access-Control-Request-Method or "
                "Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
                details});
  }
  Response response;
  add_cors_headers(*answer, question, response.headers);
  return response;
}

void add_cors_headers(S3Call& call, Headers& headers) {
  if (call.header("origin").empty() || is_preflight(call)) return;
  const auto rules = rules_of_bucket(call);
  if (!rules || !*rules) return;
  const CorsQuestion question = question_of(call);
  if (const auto answer = find_cors_rule(**rules, question)) {
    add_cors_headers(*answer, question, headers);
  }
}

S3Result<Response> get_bucket_cors(S3Call& call) {
  TRY(auto document, lift(call, call.store.setting(call.bucket, cors_setting)));
  if (!document) return s3_failure("NoSuchCORSConfiguration", {{"BucketName", call.bucket}});
  return xml_response(std::move(*document));
}

S3Result<Response> put_bucket_cors(S3Call& call) {
  TRY(RequestBody body, RequestBody::open(call.request, largest_xml));
  TRY(const std::string text, body.receive_text());
  TRY(const auto rules, parse_cors_document(text));
  TRY_VOID(lift(call, call.store.set_setting(call.bucket, cors_setting, cors_document(rules))));
  return Response{};
}

S3Result<Response> delete_bucket_cors(S3Call& call) {
  TRY_VOID(lift(call, call.store.set_setting(call.bucket, cors_setting, std::nullopt)));
  Response response;
  response.status = 204;
  return response;
}

}  // namespace trainyard::api
