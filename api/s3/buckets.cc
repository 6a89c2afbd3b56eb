#include <algorithm>

#include "api/s3/acl.h"
#include "api/s3/operations.h"
#include "api/s3/request_body.h"
#include "api/s3/xml_input.h"
#include "api/wire/http_date.h"
#include "api/wire/text.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

S3Result<Response> list_buckets(S3Call& call) {
  TRY(auto buckets, lift(call.buckets.all()));
  TRY(const int limit, query_number(call, "max-buckets", 10'000, 10'000));
  const std::string prefix = call.query.get("prefix");
  const std::string after = call.query.get("continuation-token");
  std::erase_if(buckets, [&](const BucketInfo& bucket) {
    return !bucket.name.starts_with(prefix) || bucket.name <= after;
  });
  const bool more = buckets.size() > static_cast<std::size_t>(limit);
  if (more) buckets.resize(static_cast<std::size_t>(limit));

  XmlWriter xml("ListAllMyBucketsResult", s3_name_space);
  xml.open("Owner");
  xml.element("ID", owner_id(call.settings));
  xml.close();
  xml.open("Buckets");
  for (const BucketInfo& bucket : buckets) {
    xml.open("Bucket");
    xml.element("Name", bucket.name);
    xml.element("CreationDate", to_iso_milliseconds(bucket.created));
    xml.element("BucketRegion", call.settings.region);
    xml.close();
  }
  xml.close();
  if (!prefix.empty()) xml.element("Prefix", prefix);
  if (more && !buckets.empty()) xml.element("ContinuationToken", buckets.back().name);
  return xml_response(xml.finish());
}

S3Result<Response> create_bucket(S3Call& call) {
  TRY_VOID(check_canned_acl(call.request.headers));
  if (to_lower(call.header("x-amz-bucket-object-lock-enabled")) == "true") {
    return s3_failure("NotImplemented", "Object Lock is not implemented");
  }
  TRY(RequestBody body, RequestBody::open(call.request, largest_xml));
  TRY(const std::string configuration, body.receive_text());
  // Where the bucket shall lie makes no difference here: there is one place.
  if (!configuration.empty()) TRY_VOID(parse_xml(configuration, "CreateBucketConfiguration"));
  const auto created = call.buckets.create_bucket(call.bucket);
  if (!created) {
    if (created.error().kind != ErrorKind::already_exists) {
      return tl::unexpected<S3Error>(general_error(created.error()));
    }
    // The oldest region answers its owner as if the bucket had just been made.
    if (call.settings.region != "us-east-1") {
      return s3_failure("BucketAlreadyOwnedByYou", {{"BucketName", call.bucket}});
    }
  }
  Response response;
  response.headers.add("Location", call.virtual_hosted ? "/" : "/" + call.bucket);
  return response;
}

S3Result<Response> head_bucket(S3Call& call) {
  TRY_VOID(require_bucket(call));
  Response response;
  response.headers.add("x-amz-bucket-region", call.settings.region);
  response.headers.add("x-amz-access-point-alias", "false");
  response.headers.add("Content-Type", "application/xml");
  return response;
}

S3Result<Response> delete_bucket(S3Call& call) {
  const auto deleted = call.buckets.delete_bucket(call.bucket);
  if (!deleted && deleted.error().kind == ErrorKind::conflict) {
    return s3_failure("BucketNotEmpty", {{"BucketName", call.bucket}});
  }
  TRY_VOID(lift(call, deleted));
  Response response;
  response.status = 204;
  return response;
}

S3Result<Response> get_bucket_location(S3Call& call) {
  TRY_VOID(require_bucket(call));
  // The first region has no name here, for reasons of age.
  const bool first = call.settings.region == "us-east-1";
  XmlWriter xml("LocationConstraint", s3_name_space);
  if (!first) xml.text(call.settings.region);
  return xml_response(xml.finish());
}

}  // namespace trainyard::api
