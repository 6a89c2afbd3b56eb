#include "server/front_door/dispatch.h"

#include <doctest/doctest.h>

#include "tests/support/request.h"

namespace trainyard::server {

namespace {

using api::Protocol;
using testing::TestRequest;
using Fields = std::vector<std::string>;

const Dispatcher& dispatcher() {
  static const Dispatcher instance{
      DispatchRules{{"sagemaker.localhost", "trainyard", "*.s3.example.", "*.docker.internal"}}};
  return instance;
}

Destination dispatch(const std::string& method, std::string_view target, Fields fields = {},
                     std::string body = {}) {
  if (fields.empty() || !fields.front().starts_with("Host: ")) {
    fields.insert(fields.begin(), "Host: localhost:4747");
  }
  TestRequest request(method, target, fields, std::move(body));
  const bool form = Dispatcher::needs_form(request.request());
  return dispatcher().destination(request.request(), form ? request.body() : "");
}

std::string authorization(const std::string& scope) {
  return "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20240131/us-east-1/" + scope +
         "/aws4_request, SignedHeaders=host;x-amz-date, Signature=00";
}

const std::string json_type = "Content-Type: application/x-amz-json-1.1";
const std::string form_type = "Content-Type: application/x-www-form-urlencoded; charset=utf-8";

struct Expected {
  Service service;
  Protocol protocol;
  std::string bucket = {};
};

void check(const Destination& destination, const Expected& expected) {
  CHECK(to_string(destination.service) == to_string(expected.service));
  CHECK(destination.protocol == expected.protocol);
  CHECK(destination.bucket_from_host == expected.bucket);
  CHECK_FALSE(destination.wrong_scope);
}

}  // namespace

TEST_CASE("the daemon's own paths come first") {
  for (const char* path : {"/_trainyard", "/_trainyard/health", "/moto-api/reset",
                           "/_localstack/health", "/_trainyard/x?X-Amz-Credential=a"}) {
    CAPTURE(path);
    check(dispatch("GET", path, {authorization("s3")}), {Service::control, Protocol::plain});
    check(dispatch("POST", path, {"X-Amz-Target: SageMaker.X"}),
          {Service::control, Protocol::plain});
  }
  for (const char* path : {"/_trainyardx", "/_localstack/health/x", "/_other/health"}) {
    CAPTURE(path);
    check(dispatch("GET", path), {Service::unknown, Protocol::plain});
  }
  check(dispatch("GET", "/moto-api/resetx"), {Service::s3, Protocol::rest_xml});
}

TEST_CASE("a target names its service, signed or not") {
  for (const Fields& signature : {Fields{}, Fields{"Authorization: Bearer x"}}) {
    Fields fields = signature;
    fields.push_back("X-Amz-Target: SageMaker.CreateTrainingJob");
    check(dispatch("POST", "/", fields), {Service::sagemaker, Protocol::json});
  }
  check(dispatch("POST", "/", {"X-Amz-Target: SageMaker.X", authorization("sagemaker")}),
        {Service::sagemaker, Protocol::json});
  check(dispatch("POST", "/", {"x-amz-target: Logs_20140328.GetLogEvents", json_type}),
        {Service::logs, Protocol::json});
  check(dispatch("POST", "/", {"X-Amz-Target: GraniteServiceVersion20100801.PutMetricData"}),
        {Service::cloudwatch, Protocol::json});
  for (const char* target : {"DynamoDB_20120810.ListTables", "", ".", "SageMaker", "sagemaker.X",
                             "SageMakerX.Y", "s3.ListBuckets"}) {
    CAPTURE(target);
    const Service service =
        std::string_view(target) == "SageMaker" ? Service::sagemaker : Service::unknown;
    check(dispatch("POST", "/", {std::string("X-Amz-Target: ") + target, json_type}),
          {service, Protocol::json});
  }
}

TEST_CASE("a signature for another service than the target's is noticed") {
  const auto wrong = dispatch("POST", "/", {"X-Amz-Target: SageMaker.X", authorization("s3")});
  CHECK(wrong.service == Service::sagemaker);
  CHECK(wrong.wrong_scope);
  CHECK(dispatch("POST", "/?X-Amz-Credential=A%2F20240131%2Fus-east-1%2Fs3%2Faws4_request",
                 {"X-Amz-Target: Logs_20140328.X"})
            .wrong_scope);
  CHECK(dispatch("POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics",
                 {"Smithy-Protocol: rpc-v2-cbor", authorization("logs")})
            .wrong_scope);
  // A signature of S3's second version names no service, and the target does.
  check(dispatch("POST", "/", {"X-Amz-Target: SageMaker.X", "Authorization: AWS AKID:c2ln"}),
        {Service::sagemaker, Protocol::json});
}

TEST_CASE("RPC v2 CBOR is known by header and path together") {
  const std::string smithy = "Smithy-Protocol: rpc-v2-cbor";
  const std::string path = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
  check(dispatch("POST", path, {smithy, "Content-Type: application/cbor"}),
        {Service::cloudwatch, Protocol::cbor});
  check(dispatch("POST", path, {smithy, authorization("monitoring")}),
        {Service::cloudwatch, Protocol::cbor});
  check(dispatch("POST", "/service/Nobody/operation/X", {smithy}),
        {Service::unknown, Protocol::cbor});
  // The path alone is a key in a bucket called "service".
  check(dispatch("GET", path), {Service::s3, Protocol::rest_xml});
  check(dispatch("PUT", path, {authorization("s3")}), {Service::s3, Protocol::rest_xml});
  check(dispatch("GET", "/bucket/operation/x", {smithy}), {Service::s3, Protocol::rest_xml});
}

TEST_CASE("a signature's scope names the service") {
  check(dispatch("GET", "/", {authorization("s3")}), {Service::s3, Protocol::rest_xml});
  check(dispatch("GET", "/", {authorization("s3"), "Accept: text/html"}),
        {Service::s3, Protocol::rest_xml});
  check(dispatch("POST", "/bucket/key", {authorization("s3"), json_type}),
        {Service::s3, Protocol::rest_xml});
  check(dispatch("POST", "/", {authorization("sts"), form_type}), {Service::sts, Protocol::query});
  check(dispatch("POST", "/", {authorization("iam"), form_type}), {Service::iam, Protocol::query});
  check(dispatch("POST", "/", {authorization("monitoring"), form_type}),
        {Service::cloudwatch, Protocol::query});
  check(dispatch("POST", "/", {authorization("logs"), json_type}), {Service::logs, Protocol::json});
  check(dispatch("POST", "/", {authorization("sagemaker"), json_type}),
        {Service::sagemaker, Protocol::json});
  check(dispatch("POST", "/", {authorization("ec2"), form_type}),
        {Service::unknown, Protocol::query});
  check(dispatch("POST", "/", {authorization("dynamodb"), json_type}),
        {Service::unknown, Protocol::json});
  // A key id of a client's own making, and SigV4a, whose scope has no region.
  check(dispatch("GET", "/b/k",
                 {"Authorization: AWS4-HMAC-SHA256 "
                  "Credential=a/sts/b/20240131/us-east-1/s3/aws4_request,SignedHeaders=host"}),
        {Service::s3, Protocol::rest_xml});
  check(dispatch("GET", "/",
                 {"Authorization: AWS4-ECDSA-P256-SHA256 "
                  "Credential=AKID/20240131/s3/aws4_request, SignedHeaders=host, Signature=0"}),
        {Service::s3, Protocol::rest_xml});
}

TEST_CASE("presigned requests carry their scope in the query") {
  check(dispatch("GET",
                 "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
                 "AKID%2f20240131%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0"),
        {Service::s3, Protocol::rest_xml});
  check(dispatch("PUT", "/b/k?X-Amz-Credential=AKID/20240131/us-east-1/s3/aws4_request"),
        {Service::s3, Protocol::rest_xml});
  check(dispatch("GET",
                 "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential="
                 "AKID%2F20240131%2Fus-east-1%2Fsts%2Faws4_request"),
        {Service::sts, Protocol::query});
  check(dispatch("GET", "/b/k?X-Amz-Credential=broken"), {Service::s3, Protocol::rest_xml});
  // SigV4a, whose regions are beside the scope.
  check(dispatch("GET",
                 "/?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Region-Set=%2A&X-Amz-Credential="
                 "AKID%2F20240131%2Fs3%2Faws4_request"),
        {Service::s3, Protocol::rest_xml});
  check(dispatch("POST", "/?X-Amz-Credential=AKID%2F20240131%2Fsts%2Faws4_request&Action=X"),
        {Service::sts, Protocol::query});
  for (const char* method : {"GET", "PUT", "DELETE", "HEAD"}) {
    CAPTURE(method);
    check(dispatch(method, "/b/k?AWSAccessKeyId=AKID&Expires=1&Signature=x%3D"),
          {Service::s3, Protocol::rest_xml});
  }
}

TEST_CASE("how a body is sent does not change what it is for") {
  const Fields chunked = {"Content-Encoding: aws-chunked", "X-Amz-Decoded-Content-Length: 1",
                          "X-Amz-Trailer: x-amz-checksum-crc32", "Expect: 100-continue"};
  for (const char* payload :
       {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}) {
    CAPTURE(payload);
    Fields fields = chunked;
    fields.push_back(std::string("X-Amz-Content-Sha256: ") + payload);
    check(dispatch("PUT", "/b/k", fields), {Service::s3, Protocol::rest_xml});
    check(dispatch("POST", "/b?delete", fields), {Service::s3, Protocol::rest_xml});
    fields.push_back(authorization("s3"));
    // What is stored may be of any type, also of one that another service's requests have.
    for (const std::string& type : {json_type, form_type}) {
      Fields typed = fields;
      typed.push_back(type);
      check(dispatch("PUT", "/b/k", typed), {Service::s3, Protocol::rest_xml});
    }
  }
}

TEST_CASE("SageMaker's other endpoints are told by scope and path, which a bucket's name is not") {
  const std::string scope = authorization("sagemaker");
  check(dispatch("POST", "/endpoints/e/invocations", {scope}),
        {Service::sagemaker_runtime, Protocol::json});
  check(dispatch("POST", "/endpoints/e/async-invocations", {scope}),
        {Service::sagemaker_runtime, Protocol::json});
  check(dispatch("POST", "/endpoints/e/invocations-response-stream", {scope}),
        {Service::sagemaker_runtime, Protocol::json});
  check(dispatch("PUT", "/BatchPutMetrics", {scope}), {Service::sagemaker_metrics, Protocol::json});
  check(dispatch("POST", "/endpoints/invocations", {scope}), {Service::sagemaker, Protocol::json});
  check(dispatch("GET", "/endpoints/e/invocations"), {Service::s3, Protocol::rest_xml});
  check(dispatch("PUT", "/v20180820/key"), {Service::s3, Protocol::rest_xml});
}

TEST_CASE("a bucket may be called as another service's path is") {
  for (const char* path : {"/endpoints/e/invocations", "/endpoints/e/async-invocations",
                           "/BatchPutMetrics", "/v20180820/jobs", "/moto-api/reset/x",
                           "/service/GraniteServiceVersion20100801/operation/ListMetrics"}) {
    CAPTURE(path);
    for (const char* method : {"GET", "PUT", "POST"}) {
      check(dispatch(method, path, {authorization("s3")}), {Service::s3, Protocol::rest_xml});
    }
    check(dispatch("GET", path, {"Host: photos.localhost"}),
          {Service::s3, Protocol::rest_xml, "photos"});
  }
}

TEST_CASE("a form that is uploaded to a bucket is no call of the query protocol") {
  const std::string upload = "Content-Type: multipart/form-data; boundary=x";
  const Destination to_path = dispatch("POST", "/bucket", {upload});
  check(to_path, {Service::s3, Protocol::rest_xml});
  CHECK(to_path.may_be_unsigned);
  const Destination to_host = dispatch("POST", "/", {"Host: photos.localhost", upload});
  check(to_host, {Service::s3, Protocol::rest_xml, "photos"});
  CHECK(to_host.may_be_unsigned);
  CHECK_FALSE(dispatch("POST", "/bucket/key?uploads", {upload}).may_be_unsigned);
  CHECK_FALSE(dispatch("PUT", "/bucket/key", {upload}).may_be_unsigned);
  // Nobody's bucket.
  check(dispatch("POST", "/", {upload}), {Service::unknown, Protocol::plain});
  check(dispatch("POST", "/?Action=AssumeRole&Version=2011-06-15", {upload}),
        {Service::unknown, Protocol::plain});
}

TEST_CASE("unsigned forms are known by their version") {
  const auto post = [](const std::string& body) {
    return dispatch("POST", "/", {form_type}, body);
  };
  check(post("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=x"),
        {Service::sts, Protocol::query});
  check(post("Version=2011-06-15&Action=AssumeRoleWithSAML"), {Service::sts, Protocol::query});
  check(post("%41ction=GetRole&Version=2010%2D05-08"), {Service::iam, Protocol::query});
  check(post("Action=PutMetricData&Version=2010-08-01"), {Service::cloudwatch, Protocol::query});
  check(post("Action=DescribeInstances&Version=2016-11-15"), {Service::unknown, Protocol::query});
  check(post("Action=X"), {Service::unknown, Protocol::query});
  check(post("action=X&version=2011-06-15"), {Service::unknown, Protocol::query});
  check(post(""), {Service::unknown, Protocol::query});
  check(post("&&&=&%&%4"), {Service::unknown, Protocol::query});
  check(dispatch("GET", "/?Action=GetCallerIdentity&Version=2011-06-15"),
        {Service::sts, Protocol::query});
}

TEST_CASE("only a body that can tell something is looked into") {
  const auto needs = [](const std::string& method, const char* target, const Fields& fields) {
    TestRequest request(method, target, fields);
    return Dispatcher::needs_form(request.request());
  };
  CHECK(needs("POST", "/", {form_type}));
  CHECK(needs("POST", "/", {"Content-Type: Application/X-WWW-form-urlencoded"}));
  CHECK_FALSE(needs("POST", "/bucket?delete", {form_type}));
  CHECK_FALSE(needs("PUT", "/", {form_type}));
  CHECK_FALSE(needs("POST", "/", {json_type}));
  CHECK_FALSE(needs("POST", "/", {form_type, authorization("sts")}));
  CHECK_FALSE(needs("POST", "/", {form_type, "X-Amz-Target: SageMaker.X"}));
}

TEST_CASE("unsigned requests that name a bucket are for S3") {
  struct Case {
    const char* method;
    const char* target;
  };
  for (const Case& each : std::initializer_list<Case>{{"GET", "/"},
                                                      {"GET", "/?x-id=ListBuckets"},
                                                      {"HEAD", "/bucket"},
                                                      {"PUT", "/bucket"},
                                                      {"GET", "/bucket?list-type=2"},
                                                      {"GET", "/bucket/key"},
                                                      {"PUT", "/bucket/key"},
                                                      {"DELETE", "/bucket/key"},
                                                      {"OPTIONS", "/bucket/key"},
                                                      {"GET", "/bucket/../etc/passwd"},
                                                      {"GET", "/bucket//a%2F..%2Fb"},
                                                      {"GET", "//bucket"},
                                                      {"POST", "/bucket?delete"},
                                                      {"POST", "/bucket/key?uploads"},
                                                      {"POST", "/bucket/key?uploadId=1"}}) {
    CAPTURE(each.method);
    CAPTURE(each.target);
    check(dispatch(each.method, each.target), {Service::s3, Protocol::rest_xml});
  }
  check(dispatch("POST", "/bucket", {"Content-Type: multipart/form-data; boundary=x"}),
        {Service::s3, Protocol::rest_xml});
  // The content type of a multipart upload is the object's, not the request's.
  check(dispatch("POST", "/bucket/key?uploads=", {json_type}), {Service::s3, Protocol::rest_xml});
  check(dispatch("GET", "/b/k", {"Authorization: AWS AKID:c2lnbmF0dXJl"}),
        {Service::s3, Protocol::rest_xml});
  check(dispatch("GET", "/b/k?AWSAccessKeyId=AKID&Expires=1&Signature=x%3D"),
        {Service::s3, Protocol::rest_xml});
  check(dispatch("GET", "/?AWSAccessKeyId=AKID&Signature=x", {"Accept: text/html"}),
        {Service::s3, Protocol::rest_xml});
}

TEST_CASE("nothing becomes an S3 request by accident") {
  check(dispatch("POST", "/", {json_type}, "{}"), {Service::unknown, Protocol::json});
  check(dispatch("POST", "/", {"Content-Type: application/json"}),
        {Service::unknown, Protocol::json});
  check(dispatch("POST", "/bucket", {json_type}), {Service::unknown, Protocol::json});
  check(dispatch("POST", "/bucket/key", {form_type}, "Action=X&Version=2011-06-15"),
        {Service::unknown, Protocol::query});
  check(dispatch("POST", "/", {"Content-Type: application/cbor"}),
        {Service::unknown, Protocol::cbor});
  check(dispatch("POST", "/", {"Content-Type: text/plain"}), {Service::unknown, Protocol::plain});
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "POST"}) {
    CAPTURE(method);
    check(dispatch(method, "/"), {Service::unknown, Protocol::plain});
  }
  for (const char* method : {"PATCH", "TRACE", "get", "PROPFIND"}) {
    CAPTURE(method);
    check(dispatch(method, "/bucket/key"), {Service::unknown, Protocol::plain});
  }
  check(dispatch("GET", "/_private/key"), {Service::unknown, Protocol::plain});
}

TEST_CASE("a browser at the root sees the console") {
  const std::string accept = "Accept: text/html,application/xhtml+xml,*/*;q=0.8";
  check(dispatch("GET", "/", {accept}), {Service::console, Protocol::plain});
  check(dispatch("HEAD", "/", {accept}), {Service::console, Protocol::plain});
  check(dispatch("GET", "/", {"Accept: */*"}), {Service::s3, Protocol::rest_xml});
  check(dispatch("GET", "/bucket", {accept}), {Service::s3, Protocol::rest_xml});
  check(dispatch("GET", "/", {"Host: photos.localhost", accept}),
        {Service::s3, Protocol::rest_xml, "photos"});
}

TEST_CASE("a bucket may stand in the host's name") {
  struct Case {
    const char* host;
    const char* bucket;
  };
  for (const Case& each : std::initializer_list<Case>{
           {"photos.localhost", "photos"},
           {"photos.localhost:4747", "photos"},
           {"PHOTOS.LocalHost.:4747", "photos"},
           {"my.dotted.bucket.localhost", "my.dotted.bucket"},
           {"photos.s3.localhost", "photos"},
           {"my.dotted.s3.localhost", "my.dotted"},
           {"photos.s3.eu-west-1.localhost", "photos"},
           {"s3.localhost", ""},
           {"s3.us-east-1.localhost", ""},
           {"localhost", ""},
           {"127.0.0.1", ""},
           {"[::1]", ""},
           {"[::1]:4747", ""},
           {"10.213.0.1:4747", ""},
           {"LOCALHOST.:4747", ""},
           {"sagemaker.localhost", ""},
           {"trainyard", ""},
           {"x.trainyard", ""},
           {"photos.s3.example", "photos"},
           {"s3.example", ""},
           {"host.docker.internal", "host"},
           {"photos.evil.example", ""},
       }) {
    CAPTURE(each.host);
    const std::string host = std::string("Host: ") + each.host;
    check(dispatch("GET", "/key", {host}), {Service::s3, Protocol::rest_xml, each.bucket});
    check(dispatch("PUT", "/key", {host, authorization("s3")}),
          {Service::s3, Protocol::rest_xml, each.bucket});
  }
  const std::string host = "Host: photos.localhost";
  check(dispatch("PUT", "/", {host}), {Service::s3, Protocol::rest_xml, "photos"});
  check(dispatch("POST", "/?delete", {host, form_type}, "<Delete/>"),
        {Service::s3, Protocol::rest_xml, "photos"});
  check(dispatch("POST", "/", {host, json_type}), {Service::unknown, Protocol::json});
  check(dispatch("POST", "/", {host, "X-Amz-Target: SageMaker.X"}),
        {Service::sagemaker, Protocol::json});
  check(dispatch("POST", "/", {host, form_type}, "Action=A&Version=2011-06-15"),
        {Service::sts, Protocol::query});
}

TEST_CASE("the names that are configured are the daemon's own, and those below them by wish only") {
  const Dispatcher named{DispatchRules{{"sagemaker.local", "trainyard.ns.svc.cluster.local",
                                        "*.localhost.localstack.cloud", "*.host.docker.internal"}}};
  const auto bucket = [&](const std::string& host) {
    TestRequest request("GET", "/key", {"Host: " + host});
    const Destination destination = named.destination(request.request());
    CHECK(to_string(destination.service) == "s3");
    return destination.bucket_from_host;
  };
  CHECK(bucket("sagemaker.local") == "");
  CHECK(bucket("SageMaker.Local.:4747") == "");
  CHECK(bucket("photos.sagemaker.local") == "");
  CHECK(bucket("trainyard.ns.svc.cluster.local:4747") == "");
  CHECK(bucket("localhost.localstack.cloud:4566") == "");
  CHECK(bucket("s3.localhost.localstack.cloud") == "");
  CHECK(bucket("photos.s3.localhost.localstack.cloud:4566") == "photos");
  CHECK(bucket("my.photos.s3.us-east-1.localhost.localstack.cloud") == "my.photos");
  CHECK(bucket("host.docker.internal:4747") == "");
  CHECK(bucket("photos.host.docker.internal:4747") == "photos");
  CHECK(bucket("my.photos.s3.host.docker.internal") == "my.photos");
  CHECK(bucket("photos.docker.internal") == "");
}

}  // namespace trainyard::server
