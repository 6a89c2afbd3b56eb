#include "api/s3/operations.h"
#include "api/s3/request_body.h"
#include "api/s3/xml_input.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

S3Result<Response> delete_object(S3Call& call) {
  TRY_VOID(lift(call, call.store.remove(call.bucket, call.key)));
  Response response;
  response.status = 204;
  return response;
}

S3Result<Response> delete_objects(S3Call& call) {
  TRY(RequestBody body, RequestBody::open(call.request, largest_xml));
  TRY(const std::string text, body.receive_text());
  TRY(const DeleteList list, parse_delete_list(text));
  std::vector<std::string> keys;
  for (const NamedObject& object : list.objects) {
    if (object.version.value_or("null") == "null") keys.push_back(object.key);
  }
  TRY_VOID(lift(call, call.store.remove_all(call.bucket, keys)));
  XmlWriter xml("DeleteResult", s3_name_space);
  for (const NamedObject& object : list.objects) {
    if (object.version.value_or("null") != "null") {
      xml.open("Error");
      xml.element("Key", object.key);
      xml.element("VersionId", *object.version);
      xml.element("Code", "NoSuchVersion");
      xml.element("Message", message_of("NoSuchVersion"));
      xml.close();
    } else if (!list.quiet) {
      xml.open("Deleted");
      xml.element("Key", object.key);
      xml.close();
    }
  }
  return xml_response(xml.finish());
}

}  // namespace trainyard::api
