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

void write_refused(const NamedObject& object, const S3Error& error, XmlWriter& xml) {
  xml.open("Error");
  xml.element("Key", object.key);
  if (object.version) xml.element("VersionId", *object.version);
  xml.element("Code", error.code);
  xml.element("Message", error.message.empty() ? message_of(error.code) : error.message);
  xml.close();
}

// What kept an object from being removed.
std::optional<S3Error> refusal_of(S3Call& call, const std::string& key,
                                  const RemovedObject& removed) {
  if (removed.condition_failed) return S3Error{"PreconditionFailed", "", {}};
  if (removed.error) return error_of(call, call.bucket, key, *removed.error);
  return std::nullopt;
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
  if (auto refused = refusal_of(call, call.key, one)) {
    return tl::unexpected<S3Error>(std::move(*refused));
  }
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
    if (!check_key(object.key)) continue;
    removals.push_back({.key = object.key, .version = object.version, .etag = object.etag});
  }
  TRY(const auto removed, lift(call, call.store.remove_all(call.bucket, std::move(removals))));
  XmlWriter xml("DeleteResult", s3_name_space);
  auto next = removed.begin();
  for (const NamedObject& object : list.objects) {
    if (const auto checked = check_key(object.key); !checked) {
      write_refused(object, checked.error(), xml);
      continue;
    }
    const RemovedObject& one = *next++;
    if (const auto refused = refusal_of(call, object.key, one)) {
      write_refused(object, *refused, xml);
    } else if (!list.quiet) {
      write_deleted(object, one, xml);
    }
  }
  return xml_response(xml.finish());
}

}  // namespace trainyard::api
