#include "server/front_door/front_door.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/support/request.h"

namespace trainyard::server {

namespace {

using testing::TestRequest;
using Fields = std::vector<std::string>;

api::Response named(api::Request& request, const Destination& destination) {
  api::Response response;
  response.body = std::string(to_string(destination.service)) + " " + destination.bucket_from_host +
                  " " + read_all(*request.body, 1024 * 1024).value_or("unreadable");
  return response;
}

const FrontDoor& front_door() {
  static const FrontDoor door(
      GateRules{{}, {"https://console.example"}},
      {{Service::s3, named},
       {Service::sts, named},
       {Service::sagemaker, [](api::Request&, const Destination&) -> api::Response {
          throw std::runtime_error("broken");
        }}});
  return door;
}

struct Answer {
  int status;
  std::string body;
  api::Headers headers;
};

Answer ask(const std::string& method, std::string_view target, Fields fields,
           std::string body = {}) {
  TestRequest request(method, target, fields, std::move(body));
  api::Response response = front_door().answer(request.request());
  if (auto* const text = std::get_if<std::string>(&response.body)) {
    return {response.status, *text, response.headers};
  }
  const auto& streamed = std::get<api::StreamedBody>(response.body);
  return {response.status, read_all(*streamed.source, 1 << 20).value(), response.headers};
}

const std::string host = "Host: localhost:4747";
const std::string form = "Content-Type: application/x-www-form-urlencoded";

}  // namespace

TEST_CASE("a request reaches its service with its bucket and its body") {
  const auto object = ask("PUT", "/key", {"Host: photos.localhost"}, "bytes");
  CHECK(object.body == "s3 photos bytes");
  CHECK(object.headers.get("x-amz-request-id") == "request-id");
  CHECK(object.headers.get("x-amz-id-2") != "");
}

TEST_CASE("a form is handed on whole, also when it is longer than what was looked into") {
  for (const std::size_t size : {0UL, 10UL, 65'500UL, 65'536UL, 300'000UL}) {
    const std::string body =
        "Action=AssumeRoleWithSAML&Version=2011-06-15&x=" + std::string(size, 'a');
    const auto answer = ask("POST", "/", {host, form}, body);
    CHECK(answer.body == "sts  " + body);
    CHECK(answer.headers.get("x-amzn-RequestId") == "request-id");
  }
}

TEST_CASE("a streamed answer may read a form that was looked into") {
  struct Echo final : ByteSource {
    explicit Echo(ByteSource& body) : source(body) {}
    Result<std::size_t> read(std::span<std::byte> buffer) override { return source.read(buffer); }
    ByteSource& source;
  };
  const FrontDoor door({}, {{Service::sts, [](api::Request& request, const Destination&) {
                               api::Response response;
                               response.body =
                                   api::StreamedBody{std::make_unique<Echo>(*request.body), {}};
                               return response;
                             }}});
  const std::string body = "Action=A&Version=2011-06-15";
  TestRequest request("POST", "/", {host, form}, body);
  const api::Response response = door.answer(request.request());
  CHECK(read_all(*std::get<api::StreamedBody>(response.body).source, 1000) == body);
}

TEST_CASE("what is known but not served is said in the caller's protocol") {
  const auto logs = ask("POST", "/", {host, "X-Amz-Target: Logs_20140328.GetLogEvents"});
  CHECK(logs.status == 501);
  CHECK(nlohmann::json::parse(logs.body)["__type"] == "NotImplementedException");
  CHECK(logs.headers.get("x-amzn-RequestId") == "request-id");
  const auto iam = ask("POST", "/", {host, form}, "Action=GetRole&Version=2010-05-08");
  CHECK(iam.status == 501);
  CHECK(iam.body.find("<ErrorResponse") != std::string::npos);
  const auto cbor = ask("POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData",
                        {host, "Smithy-Protocol: rpc-v2-cbor"});
  CHECK(cbor.status == 501);
  CHECK(cbor.headers.get("x-amzn-errortype") == "NotImplementedException");
  const auto console = ask("GET", "/", {host, "Accept: text/html"});
  CHECK(console.status == 501);
  CHECK(console.headers.get("Content-Type").starts_with("text/plain"));
}

TEST_CASE("what nobody knows is an error of its own protocol") {
  const auto json = ask("POST", "/", {host, "X-Amz-Target: Nobody.Nothing"}, "{}");
  CHECK(json.status == 400);
  CHECK(nlohmann::json::parse(json.body)["__type"] == "UnknownOperationException");
  CHECK(ask("POST", "/", {host, form}, "Action=X&Version=1").status == 404);
  CHECK(ask("PATCH", "/a/b", {host}).status == 404);
}

TEST_CASE("a signature for another service is refused") {
  const auto answer = ask("POST", "/",
                          {host, "X-Amz-Target: SageMaker.X",
                           "Authorization: AWS4-HMAC-SHA256 Credential=A/1/r/s3/aws4_request"});
  CHECK(answer.status == 403);
  CHECK(nlohmann::json::parse(answer.body)["__type"] == "InvalidSignatureException");
}

TEST_CASE("the gate refuses in the caller's protocol, on every route") {
  const std::string foreign = "Origin: https://evil.example";
  const auto json = ask("POST", "/", {host, foreign, "X-Amz-Target: SageMaker.X"});
  CHECK(json.status == 403);
  CHECK(nlohmann::json::parse(json.body)["__type"] == "AccessDeniedException");
  const auto s3 = ask("GET", "/bucket/key", {host, foreign});
  CHECK(s3.status == 403);
  CHECK(s3.body.find("<Code>AccessDenied</Code>") != std::string::npos);
  CHECK(ask("POST", "/", {host, foreign, form}, "Action=A&Version=2011-06-15").status == 403);
  CHECK(ask("GET", "/_trainyard/health", {host, foreign}).status == 403);
  CHECK(ask("POST", "/_trainyard/reset", {host, foreign, "X-Trainyard: reset"}).status == 403);
  CHECK(ask("POST", "/_trainyard/reset", {"Host: evil.example", "X-Trainyard: reset"}).status ==
        403);
  CHECK(ask("OPTIONS", "/", {host, foreign, "Access-Control-Request-Method: POST"}).status == 403);
  CHECK(ask("GET", "/bucket/key", {"Host: evil.example"}).status == 403);
  CHECK_FALSE(s3.headers.find("Access-Control-Allow-Origin"));
}

TEST_CASE("a foreign page gets as far as a bucket's rules let it, and to S3 only") {
  const FrontDoor door(GateRules{}, {{Service::s3, named}, {Service::sagemaker, named}},
                       [](const api::Request& request, const Destination& destination) {
                         return request.method == "GET" && destination.bucket_from_host == "open";
                       });
  const auto status = [&](const std::string& method, const Fields& fields) {
    TestRequest request(method, "/key", fields);
    return door.answer(request.request()).status;
  };
  const std::string foreign = "Origin: https://app.example";
  CHECK(status("GET", {"Host: open.localhost", foreign}) == 200);
  CHECK(status("PUT", {"Host: open.localhost", foreign}) == 403);
  CHECK(status("GET", {"Host: closed.localhost", foreign}) == 403);
  CHECK(status("GET", {"Host: evil.example", foreign}) == 403);
  CHECK(status("GET", {"Host: open.localhost", foreign, "X-Amz-Target: SageMaker.X"}) == 403);
  CHECK(status("GET", {"Host: open.localhost", "Sec-Fetch-Site: cross-site"}) == 403);
}

TEST_CASE("a configured origin may send and read") {
  const std::string origin = "Origin: https://console.example";
  const auto preflight = ask("OPTIONS", "/",
                             {host, origin, "Access-Control-Request-Method: POST",
                              "Access-Control-Request-Headers: x-amz-target,content-type"});
  CHECK(preflight.status == 204);
  CHECK(preflight.headers.get("Access-Control-Allow-Origin") == "https://console.example");
  CHECK(preflight.headers.get("Access-Control-Allow-Headers") == "x-amz-target,content-type");
  const auto answer = ask("GET", "/b/k", {host, origin});
  CHECK(answer.status == 200);
  CHECK(answer.headers.get("Access-Control-Allow-Origin") == "https://console.example");
}

TEST_CASE("a page that lies in a bucket has no origin") {
  // Browsers do not tell every host what brought them to it.
  for (const char* site : {"Sec-Fetch-Site: none", "Accept: text/html"}) {
    const auto page = ask("GET", "/bucket/page.html", {host, site});
    CHECK(page.headers.get("Content-Security-Policy") == "sandbox");
  }
  const auto other = ask("POST", "/", {host, "X-Amz-Target: SageMaker.X"});
  CHECK_FALSE(other.headers.find("Content-Security-Policy"));
}

TEST_CASE("a handler's exception is an internal error in the caller's protocol") {
  const auto answer = ask("POST", "/", {host, "X-Amz-Target: SageMaker.X"});
  CHECK(answer.status == 500);
  CHECK(nlohmann::json::parse(answer.body)["__type"] == "InternalFailure");
}

TEST_CASE("an answer that is held gets what every answer has") {
  const FrontDoor door(
      GateRules{{}, {"https://console.example"}},
      {{Service::sagemaker, [](api::Request&, const Destination&) {
          api::Response response;
          response.body = api::HeldBody{
              std::make_shared<Notice>(), nullptr, {}, [] { return api::Response(); }};
          return response;
        }}});
  api::Response response;
  {
    TestRequest request("POST", "/",
                        {host, "Origin: https://console.example", "X-Amz-Target: SageMaker.X"});
    response = door.answer(request.request());
  }
  CHECK(response.headers.get("x-amzn-RequestId") == "request-id");
  const api::Response made = std::get<api::HeldBody>(response.body).answer();
  CHECK(made.headers.get("x-amzn-RequestId") == "request-id");
  CHECK(made.headers.get("Access-Control-Allow-Origin") == "https://console.example");
}

TEST_CASE("a page that a bucket admits does not come further than S3") {
  int asked = 0;
  const FrontDoor door(GateRules{}, {{Service::s3, named}, {Service::sts, named}},
                       [&](api::Request&, const Destination&) { return ++asked > 0; });
  const auto status = [&](const std::string& method, std::string_view target, Fields fields,
                          std::string body = {}) {
    fields.push_back("Origin: https://page.example");
    TestRequest request(method, target, fields, std::move(body));
    return door.answer(request.request()).status;
  };
  CHECK(status("GET", "/bucket/key", {host}) == 200);
  CHECK(status("POST", "/?delete", {"Host: bucket.localhost", form},
               "Action=AssumeRoleWithSAML&Version=2011-06-15") == 403);
  CHECK(status("POST", "/", {host, "X-Amz-Target: SageMaker.X"}) == 403);
  CHECK(asked == 1);
}

}  // namespace trainyard::server
