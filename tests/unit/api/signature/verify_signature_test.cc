#include "api/signature/verify_signature.h"

#include <doctest/doctest.h>

#include "api/signature/hmac.h"
#include "tests/support/golden.h"
#include "tests/support/request.h"
#include "tests/unit/api/signature/keys.h"

// Signatures here are those that the Amazon S3 API reference prints for these requests.

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;
using testing::ExampleKeys;
using testing::TestRequest;
using Fields = std::vector<std::string>;

const std::string nothing = "x-amz-content-sha256: " + std::string(sha256_hex_of_nothing);
const std::string example_host = "Host: examplebucket.s3.amazonaws.com";
const std::string example_date = "x-amz-date: 20130524T000000Z";

std::string authorization(const std::string& headers, const std::string& signature,
                          const std::string& scope = "20130524/us-east-1/s3/aws4_request") {
  return "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/" + scope +
         ",SignedHeaders=" + headers + ",Signature=" + signature;
}

struct Rules {
  std::string region = "us-east-1";
  std::string service = "s3";
  std::string now = "20130524T000500Z";
};

SignatureResult<VerifiedSignature> verify(const std::string& method, std::string_view target,
                                          const Fields& fields, const Rules& rules = {},
                                          const ExampleKeys& keys = ExampleKeys(),
                                          std::string_view body = "") {
  TestRequest request(method, target, fields);
  return verify_signature(request.request(),
                          {keys, rules.region, rules.service, testing::signature_time(rules.now)},
                          body, "");
}

const std::string get_signature =
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
const std::string get_headers = "host;range;x-amz-content-sha256;x-amz-date";

Fields get_fields() {
  return {example_host, authorization(get_headers, get_signature), "Range: bytes=0-9", nothing,
          example_date};
}

const std::string presigned =
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

Kind kind_of(const SignatureResult<VerifiedSignature>& result) {
  REQUIRE_FALSE(result);
  return result.error().kind;
}

}  // namespace

TEST_CASE("where any region will do, the scope's is taken") {
  CHECK(verify("GET", "/test.txt", get_fields(), {.region = ""}));
  CHECK(kind_of(verify("GET", "/test.txt", get_fields(), {.region = "eu-west-1"})) ==
        Kind::malformed_header);
}

TEST_CASE("the examples of Signature Version 4 in the Amazon S3 API reference") {
  SUBCASE("GET Object") {
    const auto verified = verify("GET", "/test.txt", get_fields());
    REQUIRE(verified);
    CHECK(verified->credential.access_key_id == "AKIAIOSFODNN7EXAMPLE");
    CHECK(verified->body.kind == BodySignature::Kind::digest);
  }
  SUBCASE("PUT Object") {
    CHECK(verify("PUT", "/test%24file.text",
                 {example_host, "Date: Fri, 24 May 2013 00:00:00 GMT", example_date,
                  "x-amz-storage-class: REDUCED_REDUNDANCY",
                  "x-amz-content-sha256: "
                  "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
                  authorization("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108"
                                "bd")}));
  }
  SUBCASE("GET Bucket Lifecycle") {
    CHECK(verify("GET", "/?lifecycle",
                 {example_host, example_date, nothing,
                  authorization("host;x-amz-content-sha256;x-amz-date",
                                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a01367835"
                                "43")}));
  }
  SUBCASE("GET Bucket (List Objects)") {
    CHECK(verify("GET", "/?max-keys=2&prefix=J",
                 {example_host, example_date, nothing,
                  authorization("host;x-amz-content-sha256;x-amz-date",
                                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6"
                                "f7")}));
  }
  SUBCASE("a presigned URL") {
    CHECK(verify("GET", presigned, {example_host}));
    CHECK(verify("GET", presigned, {example_host}, {.now = "20130525T000000Z"}));
  }
  SUBCASE("the header that begins a body of signed chunks") {
    const auto verified = verify(
        "PUT", "/examplebucket/chunkObject.txt",
        {"Host: s3.amazonaws.com", example_date, "x-amz-storage-class: REDUCED_REDUNDANCY",
         authorization("content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
                       "x-amz-decoded-content-length;x-amz-storage-class",
                       "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"),
         "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
         "Content-Encoding: aws-chunked", "x-amz-decoded-content-length: 66560",
         "Content-Length: 66824"});
    REQUIRE(verified);
    CHECK(verified->body.kind == BodySignature::Kind::chunks);
    CHECK(verified->body.seed.starts_with("4f232c43"));
    CHECK(verified->body.scope == "20130524/us-east-1/s3/aws4_request");
  }
}

TEST_CASE("the example of the IAM user guide, whose service is not S3") {
  const ExampleKeys keys(
      ExampleKeys::permanent("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "AKIDEXAMPLE"));
  const Fields fields{"Content-Type: application/x-www-form-urlencoded; charset=utf-8",
                      "Host: iam.amazonaws.com", "X-Amz-Date: 20150830T123600Z",
                      "Authorization: AWS4-HMAC-SHA256 "
                      "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                      "SignedHeaders=content-type;host;x-amz-date, "
                      "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"};
  const std::string target = "/?Action=ListUsers&Version=2010-05-08";
  const Rules rules{.region = "us-east-1", .service = "iam", .now = "20150830T123600Z"};
  CHECK(verify("GET", target, fields, rules, keys));
  // A service for the whole world is signed for one region wherever the daemon says it is.
  CHECK(verify("GET", target, fields, {"eu-west-1", rules.service, rules.now}, keys));
  CHECK(kind_of(verify("GET", target, fields, rules, keys, "a body")) == Kind::mismatch);
}

TEST_CASE("what was changed after it was signed does not match") {
  CHECK(kind_of(verify("HEAD", "/test.txt", get_fields())) == Kind::mismatch);
  CHECK(kind_of(verify("GET", "/test.txt2", get_fields())) == Kind::mismatch);
  CHECK(kind_of(verify("GET", "/test.txt?acl", get_fields())) == Kind::mismatch);
  Fields fields = get_fields();
  fields[2] = "Range: bytes=0-10";
  const auto changed = verify("GET", "/test.txt", fields);
  CHECK(kind_of(changed) == Kind::mismatch);
  const ExampleKeys other(ExampleKeys::permanent("another secret"));
  CHECK(kind_of(verify("GET", "/test.txt", get_fields(), {}, other)) == Kind::mismatch);
  std::string url = presigned;
  url.back() = '5';
  CHECK(kind_of(verify("GET", url, {example_host})) == Kind::mismatch);
}

TEST_CASE("an unknown key, and one whose session token is missing, wrong or over") {
  const ExampleKeys none(ExampleKeys::permanent("secret", "AKIAOTHER"));
  CHECK(kind_of(verify("GET", "/test.txt", get_fields(), {}, none)) == Kind::unknown_key);

  Credential temporary = ExampleKeys::permanent("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  temporary.session_token = "token";
  temporary.expires = testing::signature_time("20130524T010000Z");
  const ExampleKeys keys(temporary);
  CHECK(kind_of(verify("GET", "/test.txt", get_fields(), {}, keys)) == Kind::unknown_key);
  Fields fields = get_fields();
  fields.emplace_back("X-Amz-Security-Token: other");
  CHECK(kind_of(verify("GET", "/test.txt", fields, {}, keys)) == Kind::wrong_token);
  CHECK(kind_of(verify("GET", "/test.txt", fields)) == Kind::wrong_token);
  fields.back() = "X-Amz-Security-Token: token";
  CHECK(kind_of(verify("GET", "/test.txt", fields, {.now = "20130524T010000Z"}, keys)) ==
        Kind::expired_token);
  // It is known and in time, but the token is not signed.
  CHECK(kind_of(verify("GET", "/test.txt", fields, {}, keys)) == Kind::unsigned_headers);
}

TEST_CASE("clocks may differ by fifteen minutes") {
  CHECK(verify("GET", "/test.txt", get_fields(), {.now = "20130524T001500Z"}));
  CHECK(verify("GET", "/test.txt", get_fields(), {.now = "20130523T234500Z"}));
  for (const char* now : {"20130524T001501Z", "20130523T234459Z", "20260524T000000Z"}) {
    CHECK(kind_of(verify("GET", "/test.txt", get_fields(), {.now = now})) == Kind::skewed);
  }
  CHECK(kind_of(verify("GET", presigned, {example_host}, {.now = "20130525T000001Z"})) ==
        Kind::expired);
  CHECK(kind_of(verify("GET", presigned, {example_host}, {.now = "20130523T234459Z"})) ==
        Kind::expired);
}

TEST_CASE("a scope names the region and the service that is called") {
  const auto region = verify("GET", "/test.txt", get_fields(), {.region = "eu-west-1"});
  CHECK(kind_of(region) == Kind::malformed_header);
  CHECK(region.error().message ==
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting "
        "'eu-west-1'");
  const auto service = verify("GET", "/test.txt", get_fields(), {.service = "sts"});
  CHECK(service.error().message == "Credential should be scoped to correct service: 'sts'.");
  CHECK(kind_of(verify("GET", presigned, {example_host}, {.region = "eu-west-1"})) ==
        Kind::malformed_query);
}

TEST_CASE("headers of Amazon's own must be signed, and the host") {
  Fields fields = get_fields();
  fields.emplace_back("X-Amz-Acl: public-read");
  const auto acl = verify("GET", "/test.txt", fields);
  CHECK(kind_of(acl) == Kind::unsigned_headers);
  CHECK(acl.error().details.front().second == "x-amz-acl");
  fields = get_fields();
  fields[1] = authorization("range;x-amz-content-sha256;x-amz-date", get_signature);
  CHECK(kind_of(verify("GET", "/test.txt", fields)) == Kind::unsigned_headers);
}

TEST_CASE("what is not a signature, or only a part of one") {
  CHECK(kind_of(verify("GET", "/test.txt", {example_host})) == Kind::missing);
  CHECK(kind_of(verify("GET", "/", {example_host, "Authorization: Basic eDp5"})) ==
        Kind::unsupported);
  CHECK(kind_of(verify("GET", "/",
                       {example_host,
                        "Authorization: AWS4-ECDSA-P256-SHA256 Credential=A/2/s3/"
                        "aws4_request"})) == Kind::unsupported);
  CHECK(kind_of(verify("GET", presigned, get_fields())) == Kind::unsupported);
  for (const char* text :
       {"", " ", "Credential=A", "Credential=AKIA/1/us-east-1/s3/aws4_request,SignedHeaders=host",
        "Credential=a/b/c,SignedHeaders=host,Signature=x", "SignedHeaders=host,Signature=x",
        "Credential=///s3/aws4_request,SignedHeaders=;;;,Signature=,,,"}) {
    CAPTURE(text);
    const auto result = verify("GET", "/",
                               {example_host, example_date, nothing,
                                "Authorization: AWS4-HMAC-SHA256 " + std::string(text)});
    CHECK(kind_of(result) == Kind::malformed_header);
  }
  for (const char* dropped :
       {"X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"}) {
    CAPTURE(dropped);
    std::string url = presigned;
    url.insert(url.find(dropped), "x");
    CHECK(kind_of(verify("GET", url, {example_host})) == Kind::malformed_query);
  }
  for (const char* expires : {"x", "-1", "604801", "99999999999999999999"}) {
    CAPTURE(expires);
    std::string url = presigned;
    url.replace(url.find("86400"), 5, expires);
    CHECK(kind_of(verify("GET", url, {example_host})) == Kind::malformed_query);
  }
  for (const char* date : {"20130524", "20130525T000000Z", "20131324T000000Z", "x"}) {
    CAPTURE(date);
    Fields fields = get_fields();
    fields.back() = "x-amz-date: " + std::string(date);
    CHECK(kind_of(verify("GET", "/test.txt", fields)) == Kind::malformed_header);
  }
  Fields fields = get_fields();
  fields[3] = "x-amz-content-sha256: no digest";
  CHECK(kind_of(verify("GET", "/test.txt", fields)) == Kind::mismatch);
  fields.erase(fields.begin() + 3);
  CHECK(kind_of(verify("GET", "/test.txt", fields)) == Kind::missing_payload_hash);
}

TEST_CASE("each protocol says in its own form what is wrong") {
  const auto answer = [](Protocol protocol, const SignatureFailure& failure) {
    TestRequest request("GET", "/test.txt", {example_host});
    const Response response = signature_error_response(protocol, failure, request.request());
    return std::to_string(response.status) + " " + std::get<std::string>(response.body) + "\n";
  };
  std::string text;
  Fields fields = get_fields();
  fields[2] = "Range: bytes=0-10";
  text += answer(Protocol::rest_xml, verify("GET", "/test.txt", fields).error());
  text += answer(Protocol::rest_xml,
                 verify("GET", "/test.txt", get_fields(), {.now = "20260524T000000Z"}).error());
  text += answer(Protocol::rest_xml,
                 verify("GET", presigned, {example_host}, {.now = "20130525T000001Z"}).error());
  for (const Protocol protocol :
       {Protocol::rest_xml, Protocol::json, Protocol::query, Protocol::plain}) {
    for (int kind = 0; kind <= static_cast<int>(Kind::wrong_payload_hash); ++kind) {
      text += answer(protocol, {static_cast<Kind>(kind), "", {}});
    }
  }
  text += answer(Protocol::json, verify("POST", "/", get_fields(),
                                        {.service = "sagemaker", .now = "20130524T020000Z"})
                                     .error());
  testing::check_golden("signature/errors.txt", text);
}

}  // namespace trainyard::api
