#include "api/s3/object_headers.h"
#include "api/s3/operations.h"
#include "api/s3/request_body.h"

namespace trainyard::api {

S3Result<Response> put_object(S3Call& call) {
  TRY_VOID(refuse_unserved_headers(call.request.headers));
  TRY(const ObjectMetadata metadata, metadata_of_request(call.request.headers));
  TRY(RequestBody body, RequestBody::open(call.request, largest_single_put));
  TRY(const WriteCondition condition, write_condition_of(call));
  const PutOptions options{false, body.claimed().algorithm, body.claimed().algorithms(), condition};
  TRY(const auto writer,
      lift(call, call.store.put_object(call.bucket, call.key, metadata, options)));
  TRY_VOID(body.receive(*writer));
  TRY(const ObjectInfo object, lift_write(call, writer->commit()));
  Response response;
  response.headers.add("ETag", quoted(object.etag));
  add_version(response.headers, object);
  add_checksum(response.headers, object.checksum);
  echo_encryption(metadata, response.headers);
  return response;
}

}  // namespace trainyard::api
