#include "api/wire/protocol_error.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace trainyard::api {

namespace {

std::string body(const Response& response) {
  return std::get<std::string>(response.body);
}

}  // namespace

TEST_CASE("a JSON error carries its type and message, whatever bytes they hold") {
  const auto response =
      error_response(Protocol::json, 400, "ValidationException", "a \"b\" \xff\n", "id-1");
  CHECK(response.status == 400);
  CHECK(response.headers.get("content-type") == "application/x-amz-json-1.1");
  CHECK(response.headers.get("x-amzn-requestid") == "id-1");
  const auto json = nlohmann::json::parse(body(response));
  CHECK(json["__type"] == "ValidationException");
  CHECK(json["message"] == "a \"b\" \xEF\xBF\xBD\n");
}

TEST_CASE("a query error is an ErrorResponse with escaped text") {
  const auto response = error_response(Protocol::query, 400, "Code", "<&>\x01", "id-2");
  CHECK(response.headers.get("content-type") == "text/xml");
  CHECK(body(response) ==
        "<?xml version=\"1.0\" "
        "encoding=\"UTF-8\"?>\n<ErrorResponse><Error><Type>Sender</Type><Code>Code</Code>"
        "<Message>&lt;&amp;&gt;\xEF\xBF\xBD</Message></Error>"
        "<RequestId>id-2</RequestId></ErrorResponse>");
}

TEST_CASE("an S3 error names the request twice in its headers") {
  const auto response =
      error_response(Protocol::rest_xml, CommonError::not_implemented, "not here", "id-3");
  CHECK(response.status == 501);
  CHECK(body(response).find("<Code>NotImplemented</Code>") != std::string::npos);
  CHECK(response.headers.get("x-amz-request-id") == "id-3");
  CHECK(response.headers.get("x-amz-id-2") == "id-3");
}

TEST_CASE("a CBOR error is a map that CBOR readers understand") {
  const auto response =
      error_response(Protocol::cbor, CommonError::unknown_operation, "what?", "id-4");
  CHECK(response.status == 404);
  CHECK(response.headers.get("x-amzn-errortype") == "UnknownOperationException");
  CHECK(response.headers.get("smithy-protocol") == "rpc-v2-cbor");
  CHECK(nlohmann::json::from_cbor(body(response))["message"] == "what?");
}

TEST_CASE("an unknown JSON operation is an error of the client") {
  CHECK(error_response(Protocol::json, CommonError::unknown_operation, "", "i").status == 400);
  CHECK(error_response(Protocol::plain, CommonError::unknown_operation, "", "i").status == 404);
}

TEST_CASE("a request id that is already there stays") {
  Response response;
  response.headers.add("x-amzn-requestid", "mine");
  add_request_id(Protocol::json, response, "other");
  CHECK(response.headers.all("x-amzn-RequestId").size() == 1);
}

}  // namespace trainyard::api
