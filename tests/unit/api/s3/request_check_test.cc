// What a request says about itself is held against what it is.

#include <doctest/doctest.h>

#include "api/s3/presigned.h"
#include "tests/support/s3_client.h"

namespace trainyard::api {

using testing::S3Answer;
using testing::S3Client;

namespace {

struct CheckedClient : S3Client {
  CheckedClient() { REQUIRE(put("/bucket").status == 200); }
};

constexpr const char* hello_sha256 =
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

std::string expiry_code(const std::string& query) {
  // 2023-11-14T22:13:20Z
  const auto checked =
      check_expiry(*QueryParameters::parse(query), Time(std::chrono::seconds(1'700'000'000)));
  return checked ? "" : checked.error().code;
}

}  // namespace

TEST_CASE("the hash of the body that the signature covers is checked") {
  CheckedClient s3;
  const auto code = [&](const std::string& sha256) {
    return s3.put("/bucket/key", "hello", {"x-amz-content-sha256: " + sha256}).code();
  };
  CHECK(code(hello_sha256) == "");
  CHECK(code("UNSIGNED-PAYLOAD") == "");
  CHECK(code(std::string(64, '0')) == "XAmzContentSHA256Mismatch");
  CHECK(code("nonsense") == "InvalidArgument");
  CHECK(s3.put("/bucket/key", "hello",
               {std::string("x-amz-content-sha256: ") + hello_sha256,
                "x-amz-checksum-crc32: NhCmhg==", "Content-MD5: XUFAKrxLKna5cZ2REBfFkg=="})
            .status == 200);
  const std::string upload = s3.call("POST", "/bucket/parts?uploads").element("UploadId");
  CHECK(s3.put("/bucket/parts?partNumber=1&uploadId=" + upload, "hello",
               {"x-amz-content-sha256: " + std::string(64, '0')})
            .code() == "XAmzContentSHA256Mismatch");
  CHECK(s3.call("POST", "/bucket?delete", {"x-amz-content-sha256: " + std::string(64, '0')},
                "<Delete><Object><Key>key</Key></Object></Delete>")
            .code() == "XAmzContentSHA256Mismatch");
  CHECK(s3.get("/bucket/key").body == "hello");
}

TEST_CASE("a body of unknown length is not taken") {
  CheckedClient s3;
  testing::TestRequest request("PUT", "/bucket/key", {"Transfer-Encoding: chunked"}, "hello");
  request.request().content_length.reset();
  S3Service service(*s3.buckets, s3.clock);
  const Response response = service.handle(request.request(), std::nullopt);
  CHECK(response.status == 411);
  CHECK(std::get<std::string>(response.body).find("MissingContentLength") != std::string::npos);
}

TEST_CASE("an object that is kept under lock cannot be promised") {
  CheckedClient s3;
  CHECK(s3.put("/bucket/key", "x", {"x-amz-object-lock-mode: GOVERNANCE"}).code() ==
        "NotImplemented");
  CHECK(s3.put("/locked", "", {"x-amz-bucket-object-lock-enabled: true"}).code() ==
        "NotImplemented");
}

TEST_CASE("the parameters of a presigned URL are no sub-resources") {
  CheckedClient s3;
  const std::string v4 =
      "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20231114%2Fus-east-1%2Fs3%2F"
      "aws4_request&X-Amz-Date=20231114T221300Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
      "&X-Amz-Signature=abc";
  const std::string v2 = "?AWSAccessKeyId=a&Signature=b%3D&Expires=1700000060";
  CHECK(s3.put("/bucket/key" + v4 + "&x-amz-meta-who=me&x-amz-tagging=a%3D1", "x").status == 200);
  CHECK(s3.get("/bucket/key?tagging").element("Value") == "1");
  for (const std::string& signature : {v4, v2}) {
    const S3Answer got = s3.get("/bucket/key" + signature + "&response-content-type=text%2Fplain");
    CHECK(got.body == "x");
    CHECK(got.header("Content-Type") == "text/plain");
    CHECK(got.header("x-amz-meta-who") == "me");
  }
  s3.clock.advance(std::chrono::minutes(2));
  for (const std::string& signature : {v4, v2}) {
    const S3Answer late = s3.get("/bucket/key" + signature);
    CHECK(late.status == 403);
    CHECK(late.code() == "AccessDenied");
    CHECK(late.element("Message") == "Request has expired");
  }
}

TEST_CASE("only a presigned URL carries headers in its query") {
  const auto restored = [](const std::string& query, const char* authorization = nullptr) {
    Headers headers;
    if (authorization != nullptr) headers.add("Authorization", authorization);
    restore_headers(*QueryParameters::parse(query + "&x-amz-meta-a=1"), headers);
    return headers.find("x-amz-meta-a").has_value();
  };
  CHECK(restored("X-Amz-Signature=a"));
  CHECK(restored("AWSAccessKeyId=a&Signature=b"));
  CHECK_FALSE(restored("Expires=1"));
  CHECK_FALSE(restored("Signature=b", "AWS key:signature"));
  CHECK_FALSE(restored("X-Amz-Signature=b", "AWS4-HMAC-SHA256 Credential=a"));
}

TEST_CASE("the end of a presigned URL is to the second, and its form is checked") {
  const std::string begin = "X-Amz-Signature=a&X-Amz-Date=20231114T221300Z&X-Amz-Expires=";
  CHECK(expiry_code(begin + "20") == "");
  CHECK(expiry_code(begin + "19") == "AccessDenied");
  CHECK(expiry_code(begin + "604800") == "");
  CHECK(expiry_code(begin + "604801") == "AuthorizationQueryParametersError");
  CHECK(expiry_code(begin + "-1") == "AuthorizationQueryParametersError");
  CHECK(expiry_code(begin + "x") == "AuthorizationQueryParametersError");
  CHECK(expiry_code("X-Amz-Signature=a&X-Amz-Expires=1") == "AuthorizationQueryParametersError");
  CHECK(expiry_code("AWSAccessKeyId=a&Signature=b&Expires=1700000000") == "");
  CHECK(expiry_code("AWSAccessKeyId=a&Signature=b&Expires=1699999999") == "AccessDenied");
  CHECK(expiry_code("AWSAccessKeyId=a&Signature=b&Expires=99999999999999") == "");
  CHECK(expiry_code("AWSAccessKeyId=a&Signature=b") == "AccessDenied");
  CHECK(expiry_code("Expires=0") == "");
}

}  // namespace trainyard::api
