#include "api/s3/acl.h"

#include <algorithm>
#include <iterator>

#include "api/s3/operations.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

constexpr std::string_view canned[] = {
    "private",       "public-read",       "public-read-write",         "authenticated-read",
    "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"};

Response owners_full_control(const S3Call& call) {
  const std::string owner = owner_id(call.settings);
  // The type of a grantee is an attribute, which nothing else in S3's documents is.
  return xml_response(
      fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<AccessControlPolicy xmlns=\"{}\"><Owner><ID>{}</ID></Owner>"
                  "<AccessControlList><Grant>"
                  "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
                  "xsi:type=\"CanonicalUser\"><ID>{}</ID></Grantee>"
                  "<Permission>FULL_CONTROL</Permission>"
                  "</Grant></AccessControlList></AccessControlPolicy>",
                  s3_name_space, owner, owner));
}

// Grants to others would have no effect, and their giver should know.
S3Result<Response> accept_canned(const S3Call& call) {
  TRY_VOID(check_canned_acl(call.request.headers));
  if (call.header("x-amz-acl").empty()) {
    return s3_failure("NotImplemented", "Grants are not implemented; use a canned ACL");
  }
  return Response{};
}

}  // namespace

S3Result<void> check_canned_acl(const Headers& headers) {
  const auto name = headers.find("x-amz-acl");
  if (!name || std::find(std::begin(canned), std::end(canned), *name) != std::end(canned)) {
    return {};
  }
  return s3_failure("InvalidArgument",
                    {{"ArgumentName", "x-amz-acl"}, {"ArgumentValue", std::string(*name)}});
}

S3Result<Response> get_bucket_acl(S3Call& call) {
  TRY_VOID(require_bucket(call));
  return owners_full_control(call);
}

S3Result<Response> put_bucket_acl(S3Call& call) {
  TRY_VOID(require_bucket(call));
  return accept_canned(call);
}

S3Result<Response> get_object_acl(S3Call& call) {
  TRY(const ObjectInfo object,
      lift_object(call, call.store.describe(call.bucket, call.key, call.version)));
  Response response = owners_full_control(call);
  add_version(response.headers, object);
  return response;
}

S3Result<Response> put_object_acl(S3Call& call) {
  TRY(const ObjectInfo object,
      lift_object(call, call.store.describe(call.bucket, call.key, call.version)));
  TRY(Response response, accept_canned(call));
  add_version(response.headers, object);
  return response;
}

}  // namespace trainyard::api
