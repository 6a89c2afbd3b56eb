#include "api/wire/protocol_error.h"

#include <string>

#include "api/wire/aws_json.h"
#include "api/wire/utf8.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

std::string query_error(int status, std::string_view code, std::string_view message,
                        std::string_view request_id) {
  XmlWriter xml("ErrorResponse", "", XmlWriter::Controls::replaced);
  xml.open("Error");
  xml.element("Type", status < 500 ? "Sender" : "Receiver");
  xml.element("Code", code);
  xml.element("Message", message);
  xml.close();
  xml.element("RequestId", request_id);
  return xml.finish();
}

std::string rest_xml_error(std::string_view code, std::string_view message,
                           std::string_view request_id) {
  XmlWriter xml("Error", "", XmlWriter::Controls::replaced);
  xml.element("Code", code);
  xml.element("Message", message);
  xml.element("RequestId", request_id);
  return xml.finish();
}

std::string cbor_error(std::string_view code, std::string_view message) {
  const auto bytes = Json::to_cbor(Json{{"__type", code}, {"message", valid_utf8(message)}});
  return {bytes.begin(), bytes.end()};
}

struct CommonErrorForm {
  int status;
  std::string_view general;  // in JSON, query and CBOR
  std::string_view s3;
};

CommonErrorForm form_of(CommonError error) {
  switch (error) {
    case CommonError::unreadable_body:
      return {400, "SerializationException", "IncompleteBody"};
    case CommonError::too_large:
      return {413, "RequestEntityTooLargeException", "EntityTooLarge"};
    case CommonError::access_denied:
      return {403, "AccessDeniedException", "AccessDenied"};
    case CommonError::wrong_scope:
      return {403, "InvalidSignatureException", "AuthorizationHeaderMalformed"};
    case CommonError::unknown_operation:
      return {404, "UnknownOperationException", "MethodNotAllowed"};
    case CommonError::not_implemented:
      return {501, "NotImplementedException", "NotImplemented"};
    case CommonError::unavailable:
      return {503, "ServiceUnavailable", "ServiceUnavailable"};
    case CommonError::internal:
      break;
  }
  return {500, "InternalFailure", "InternalError"};
}

}  // namespace

Response error_response(Protocol protocol, int status, std::string_view code,
                        std::string_view message, std::string_view request_id) {
  Response response;
  response.status = status;
  switch (protocol) {
    case Protocol::json:
      response.headers.add("Content-Type", "application/x-amz-json-1.1");
      response.body = to_json_text(Json{{"__type", code}, {"message", message}});
      break;
    case Protocol::query:
      response.headers.add("Content-Type", "text/xml");
      response.body = query_error(status, code, message, request_id);
      break;
    case Protocol::rest_xml:
      response.headers.add("Content-Type", "application/xml");
      response.body = rest_xml_error(code, message, request_id);
      break;
    case Protocol::cbor:
      response.headers.add("Content-Type", "application/cbor");
      response.headers.add("Smithy-Protocol", "rpc-v2-cbor");
      response.headers.add("x-amzn-errortype", std::string(code));
      response.body = cbor_error(code, message);
      break;
    case Protocol::plain:
      response.headers.add("Content-Type", "text/plain; charset=utf-8");
      response.body = valid_utf8(message) + "\n";
      break;
  }
  add_request_id(protocol, response, request_id);
  return response;
}

Response error_response(Protocol protocol, CommonError error, std::string_view message,
                        std::string_view request_id) {
  const CommonErrorForm form = form_of(error);
  // AWS JSON services answer every error of the client with 400, S3 a wrong method with 405.
  int status = form.status;
  if (error == CommonError::unknown_operation && protocol == Protocol::json) status = 400;
  if (error == CommonError::unknown_operation && protocol == Protocol::rest_xml) status = 405;
  const std::string_view code = protocol == Protocol::rest_xml ? form.s3 : form.general;
  return error_response(protocol, status, code, message, request_id);
}

void add_request_id(Protocol protocol, Response& response, std::string_view request_id) {
  if (request_id.empty()) return;
  const std::string_view name =
      protocol == Protocol::rest_xml ? "x-amz-request-id" : "x-amzn-RequestId";
  if (!response.headers.find(name)) {
    response.headers.add(std::string(name), std::string(request_id));
  }
  // S3 has a second id; its clients log both.
  if (protocol == Protocol::rest_xml && !response.headers.find("x-amz-id-2")) {
    response.headers.add("x-amz-id-2", std::string(request_id));
  }
}

}  // namespace trainyard::api
