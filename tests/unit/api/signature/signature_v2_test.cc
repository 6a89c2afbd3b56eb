#include "api/signature/signature_v2.h"

#include <doctest/doctest.h>

#include "api/wire/uri.h"
#include "tests/support/request.h"
#include "tests/unit/api/signature/keys.h"

// The examples of "Signing and authenticating REST requests" in the Amazon S3 user guide.

namespace trainyard::api {

namespace {

using Kind = SignatureFailure::Kind;
using testing::ExampleKeys;
using testing::TestRequest;
using Fields = std::vector<std::string>;

SignatureResult<VerifiedSignature> verify(const std::string& method, std::string_view target,
                                          const Fields& fields, std::string_view bucket,
                                          std::string_view now, std::string_view service = "s3") {
  const ExampleKeys keys;
  TestRequest request(method, target, fields);
  return verify_signature(request.request(),
                          {keys, "us-east-1", service, testing::signature_time(now)}, "", bucket);
}

std::string authorization(const std::string& signature) {
  return "Authorization: AWS AKIAIOSFODNN7EXAMPLE:" + signature;
}

const std::string host = "Host: johnsmith.s3.amazonaws.com";

}  // namespace

TEST_CASE("the examples of Signature Version 2") {
  CHECK(verify("GET", "/photos/puppy.jpg",
               {host, "Date: Tue, 27 Mar 2007 19:36:42 +0000",
                authorization("bWq2s1WEIj+Ydj0vQ697zp+IXMU=")},
               "johnsmith", "20070327T193642Z"));
  CHECK(verify(
      "PUT", "/photos/puppy.jpg",
      {host, "Content-Type: image/jpeg", "Content-Length: 94328",
       "Date: Tue, 27 Mar 2007 21:15:45 +0000", authorization("MyyxeRY7whkBe+bq8fHCL/2kKUg=")},
      "johnsmith", "20070327T211545Z"));
  CHECK(verify("GET", "/?prefix=photos&max-keys=50&marker=puppy",
               {host, "Date: Tue, 27 Mar 2007 19:42:41 +0000",
                authorization("htDYFYduRNen8P9ZfE/s9SuKy0U=")},
               "johnsmith", "20070327T194241Z"));
  CHECK(verify("GET", "/?acl",
               {host, "Date: Tue, 27 Mar 2007 19:44:46 +0000",
                authorization("c2WLPFtWHVgbEmeEG93a4cG37dM=")},
               "johnsmith", "20070327T194446Z"));
}

TEST_CASE("Amazon's fields are signed joined, with the spaces within them") {
  CHECK(verify("PUT", "/photos/puppy.jpg",
               {host, "Date: Tue, 27 Mar 2007 21:15:45 +0000", "X-Amz-Meta-Name:  a  b ",
                "x-amz-meta-name: c", authorization("fwbgXxrGr3Nh2gTGj4/Uwb27V3Y=")},
               "johnsmith", "20070327T211545Z"));
}

TEST_CASE("a bucket is named with or without a slash at its end") {
  const Fields fields{"Host: localhost:4747", "Date: Tue, 27 Mar 2007 19:42:41 +0000",
                      authorization("htDYFYduRNen8P9ZfE/s9SuKy0U=")};
  CHECK(verify("GET", "/johnsmith/?prefix=photos", fields, "", "20070327T194241Z"));
  CHECK(verify("GET", "/johnsmith?prefix=photos", fields, "", "20070327T194241Z"));
  CHECK_FALSE(verify("GET", "/johnsmit?prefix=photos", fields, "", "20070327T194241Z"));
}

TEST_CASE("a presigned URL of the second version") {
  const std::string url =
      "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE"
      "&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
  CHECK(verify("GET", url, {host}, "johnsmith", "20070329T034020Z"));
  const auto late = verify("GET", url, {host}, "johnsmith", "20070329T034021Z");
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == Kind::expired);
  CHECK(verify("GET", url, {host}, "other", "20070329T000000Z").error().kind == Kind::mismatch);
  CHECK(verify("PUT", url, {host}, "johnsmith", "20070329T000000Z").error().kind == Kind::mismatch);
}

TEST_CASE("what a presigned URL of the second version carries for headers is signed") {
  auto key = ExampleKeys::permanent("secret", "ASIAKEY");
  key.session_token = "to/ken+=";
  const ExampleKeys keys(key);
  const auto verify_url = [&](const std::string& parameters, const Fields& more = {}) {
    // As botocore signs it: the parameters as headers, in their order.
    const std::string signature = sign_v2(
        "secret",
        "PUT\n\n\n1175139620\nx-amz-meta-name:a b\nx-amz-security-token:to/ken+=\n/bucket/key");
    Fields fields{"Host: localhost:4747"};
    fields.insert(fields.end(), more.begin(), more.end());
    TestRequest request("PUT",
                        "/bucket/key?AWSAccessKeyId=ASIAKEY&Expires=1175139620&Signature=" +
                            percent_encode(signature, false) + parameters,
                        fields);
    return verify_signature(request.request(),
                            {keys, "us-east-1", "s3", testing::signature_time("20070329T000000Z")},
                            "", "");
  };
  const std::string token = "&x-amz-security-token=to%2Fken%2B%3D";
  const std::string name = "&x-amz-meta-name=a+b";
  CHECK(verify_url(token + name));
  CHECK(verify_url(name + token));
  CHECK(verify_url("&X-Amz-Meta-Name=a%20b" + token));
  CHECK(verify_url(token, {"x-amz-meta-name: a b"}));
  CHECK(verify_url(token).error().kind == Kind::mismatch);
  CHECK(verify_url(token + name + "&x-amz-acl=private").error().kind == Kind::mismatch);
  CHECK(verify_url(token + name, {"x-amz-meta-name: other"}).error().kind == Kind::mismatch);
}

TEST_CASE("no service but S3 takes the second version") {
  const auto result = verify("GET", "/", {host, authorization("x")}, "", "20070329T000000Z", "sts");
  CHECK(result.error().kind == Kind::unsupported);
}

TEST_CASE("a second version that is too old, undated or of nobody") {
  const Fields fields{host, "Date: Tue, 27 Mar 2007 19:36:42 +0000",
                      authorization("bWq2s1WEIj+Ydj0vQ697zp+IXMU=")};
  CHECK(verify("GET", "/photos/puppy.jpg", fields, "johnsmith", "20070327T195143Z").error().kind ==
        Kind::skewed);
  CHECK(verify("GET", "/", {host, authorization("x")}, "", "20070327T195143Z").error().kind ==
        Kind::missing);
  CHECK(verify("GET", "/", {host, "Authorization: AWS x"}, "", "20070327T195143Z").error().kind ==
        Kind::unknown_key);
}

}  // namespace trainyard::api
