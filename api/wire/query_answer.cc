#include "api/wire/query_answer.h"

#include "api/wire/http_date.h"
#include "api/wire/protocol_error.h"
#include "api/wire/timestamp.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

void write(XmlWriter& xml, std::string_view name, const Shape& shape, const Json& value);

void write_members(XmlWriter& xml, const Shape& shape, const Json& value) {
  for (const Member& member : shape.members) {
    const auto found = value.find(member.name);
    if (found != value.end()) write(xml, member.name, *member.shape, *found);
  }
}

void write_entries(XmlWriter& xml, const Shape& shape, const Json& value) {
  for (const auto& [key, item] : value.items()) {
    xml.open("entry");
    xml.element("key", key);
    write(xml, "value", *shape.element, item);
    xml.close();
  }
}

void write(XmlWriter& xml, std::string_view name, const Shape& shape, const Json& value) {
  xml.open(name);
  switch (shape.kind) {
    case ShapeKind::structure:
      write_members(xml, shape, value);
      break;
    case ShapeKind::list:
      for (const Json& item : value) write(xml, "member", *shape.element, item);
      break;
    case ShapeKind::map:
      write_entries(xml, shape, value);
      break;
    case ShapeKind::string:
      xml.text(value.get_ref<const std::string&>());
      break;
    case ShapeKind::timestamp:
      xml.text(to_iso_time(from_epoch_seconds(value.get<double>())));
      break;
    default:
      xml.text(value.dump());
      break;
  }
  xml.close();
}

}  // namespace

Response query_response(std::string_view action, std::string_view name_space, const Shape* shape,
                        const Json& output, std::string_view request_id) {
  const std::string name(action);
  XmlWriter xml(name + "Response", name_space, XmlWriter::Controls::replaced);
  if (shape != nullptr) {
    xml.open(name + "Result");
    write_members(xml, *shape, output);
    xml.close();
  }
  xml.open("ResponseMetadata");
  xml.element("RequestId", request_id);
  Response response;
  response.headers.add("Content-Type", "text/xml");
  response.body = xml.finish();
  add_request_id(Protocol::query, response, request_id);
  return response;
}

std::string_view query_code(std::string_view code) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"InvalidParameterCombinationException", "InvalidParameterCombination"},
      {"InvalidParameterValueException", "InvalidParameterValue"},
      {"LimitExceededFault", "LimitExceeded"},
      {"MissingRequiredParameterException", "MissingParameter"},
      {"SerializationException", "MalformedInput"},
      {"UnknownOperationException", "InvalidAction"},
      {"ValidationException", "ValidationError"},
  };
  for (const auto& [general, query] : names) {
    if (general == code) return query;
  }
  return code;
}

Response query_error_response(const AwsError& error, std::string_view request_id) {
  return error_response(Protocol::query, error.status, query_code(error.code), error.message,
                        request_id);
}

}  // namespace trainyard::api
