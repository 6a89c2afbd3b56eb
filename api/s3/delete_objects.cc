#include "api/s3/operations.h"
#include "api/s3/request_body.h"
#include "api/s3/xml_input.h"
#include "api/wire/text.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

void write_deleted(const NamedObject& object, const RemovedObject& removed, XmlWriter& xml) {
  xml.open("Deleted");
  xml.element("Key", object.key);
  if (object.version) xml.element("VersionId", *object.version);
  if (removed.delete_marker) {
    xml.element("DeleteMarker", true);
    xml.element("DeleteMarkerVersionId", removed.version);
  }
  xml.close();
}

void write_refused(const NamedObject& object, XmlWriter& xml) {
  xml.open("Error");
  xml.element("Key", object.key);
  if (object.version) xml.element("VersionId", *object.version);
  xml.element("Code", "PreconditionFailed");
  xml.element("Message", message_of("PreconditionFailed"));
  xml.close();
}

}  // namespace

S3Result<Response> delete_object(S3Call& call) {
  ObjectRemoval removal{.key = call.key, .version = call.version};
  if (const auto match = call.request.headers.find("if-match")) {
    removal.etag = unquoted(trimmed(*match));
  }
  TRY(const auto removed, lift(call, call.store.remove_all(call.bucket, {std::move(removal)})));
  const RemovedObject& one = removed.front();
  if (one.condition_failed) return s3_failure("PreconditionFailed", {{"Condition", "If-Match"}});
  Response response;
  response.status = 204;
  if (!one.version.empty()) response.headers.add("x-amz-version-id", one.version);
  if (one.delete_marker) response.headers.add("x-amz-delete-marker", "true");
  return response;
}

S3Result<Response> delete_objects(S3Call& call) {
  TRY(RequestBody body, RequestBody::open(call.request, largest_xml));
  TRY(const std::string text, body.receive_text());
  TRY(const DeleteList list, parse_delete_list(text));
  std::vector<ObjectRemoval> removals;
  for (const NamedObject& object : list.objects) {
    removals.push_back({.key = object.key, .version = object.version, .etag = object.etag});
  }
  TRY(const auto removed, lift(call, call.store.remove_all(call.bucket, std::move(removals))));
  XmlWriter xml("DeleteResult", s3_name_space);
  for (std::size_t at = 0; at < removed.size(); ++at) {
    if (removed[at].condition_failed) {
      write_refused(list.objects[at], xml);
    } else if (!list.quiet) {
      write_deleted(list.objects[at], removed[at], xml);
    }
  }
  return xml_response(xml.finish());
}

}  // namespace trainyard::api
