#include "api/s3/operations.h"
#include "api/s3/request_body.h"
#include "api/s3/tags.h"

namespace trainyard::api {

namespace {

constexpr const char* tagging_setting = "tagging";

S3Result<Tags> receive_tags(S3Call& call, std::size_t most) {
  TRY(RequestBody body, RequestBody::open(call.request, largest_xml));
  TRY(const std::string text, body.receive_text());
  return tags_of_document(text, most);
}

S3Result<ObjectInfo> set_tags(S3Call& call, const Tags& tags) {
  return lift_object(call, call.store.set_tags(call.bucket, call.key, call.version, tags));
}

}  // namespace

S3Result<Response> get_object_tagging(S3Call& call) {
  TRY(const ObjectInfo object,
      lift_object(call, call.store.describe(call.bucket, call.key, call.version)));
  Response response = xml_response(tag_document(object.metadata.tags));
  add_version(response.headers, object);
  return response;
}

S3Result<Response> put_object_tagging(S3Call& call) {
  TRY(const Tags tags, receive_tags(call, most_object_tags));
  TRY(const ObjectInfo object, set_tags(call, tags));
  Response response;
  add_version(response.headers, object);
  return response;
}

S3Result<Response> delete_object_tagging(S3Call& call) {
  TRY(const ObjectInfo object, set_tags(call, {}));
  Response response;
  response.status = 204;
  add_version(response.headers, object);
  return response;
}

S3Result<Response> get_bucket_tagging(S3Call& call) {
  TRY(auto document, lift(call, call.store.setting(call.bucket, tagging_setting)));
  if (!document) return s3_failure("NoSuchTagSet", {{"BucketName", call.bucket}});
  return xml_response(std::move(*document));
}

S3Result<Response> put_bucket_tagging(S3Call& call) {
  TRY(const Tags tags, receive_tags(call, most_bucket_tags));
  TRY_VOID(lift(call, call.store.set_setting(call.bucket, tagging_setting, tag_document(tags))));
  Response response;
  response.status = 204;
  return response;
}

S3Result<Response> delete_bucket_tagging(S3Call& call) {
  TRY_VOID(lift(call, call.store.set_setting(call.bucket, tagging_setting, std::nullopt)));
  Response response;
  response.status = 204;
  return response;
}

}  // namespace trainyard::api
