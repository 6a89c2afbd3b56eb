#include "api/signature/canonical_request.h"

#include <doctest/doctest.h>

#include "api/signature/hmac.h"
#include "api/signature/scope.h"
#include "tests/support/request.h"

namespace trainyard::api {

namespace {

using testing::TestRequest;

// The signature of the request for the service "service" by the key of AWS's test suite of
// Signature Version 4.
std::string suite_signature(const std::string& method, std::string_view target,
                            std::vector<std::string> fields, std::vector<std::string> names,
                            std::string_view body = "") {
  fields.insert(fields.begin(), {"Host: example.amazonaws.com", "X-Amz-Date: 20150830T123600Z"});
  TestRequest made(method, target, fields);
  const std::string hash = sha256_hex(body);
  const SignatureScope scope{"20150830", "us-east-1", "service"};
  const std::string canonical =
      canonical_request(made.request(), {PathForm::of_other_services, std::move(names), hash, ""});
  return sign_v4(signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", scope),
                 string_to_sign("20150830T123600Z", scope, canonical));
}

}  // namespace

TEST_CASE("cases of AWS's test suite of Signature Version 4") {
  CHECK(suite_signature("GET", "/", {}, {"host", "x-amz-date"}) ==
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(suite_signature("POST", "/", {}, {"host", "x-amz-date"}) ==
        "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  CHECK(suite_signature("GET", "/?Param2=value2&Param1=value1", {}, {"host", "x-amz-date"}) ==
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  CHECK(suite_signature("GET", "/?Param1=value2&Param1=Value1", {}, {"host", "x-amz-date"}) ==
        "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1");
  CHECK(suite_signature("GET", "/\xe1\x88\xb4", {}, {"host", "x-amz-date"}) ==
        "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
  CHECK(suite_signature("GET", "/", {"My-Header1:  value1", "My-Header2:  \"a   b   c\""},
                        {"host", "my-header1", "my-header2", "x-amz-date"}) ==
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  CHECK(suite_signature("POST", "/", {"Content-Type: application/x-www-form-urlencoded"},
                        {"content-type", "host", "x-amz-date"}, "Param1=value1") ==
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST_CASE("S3 takes a path as it is, other services resolve it") {
  CHECK(canonical_path("/a%20b/c%2Fd//../e(1)", PathForm::of_s3) == "/a%20b/c/d//../e%281%29");
  CHECK(canonical_path("/100%", PathForm::of_s3) == "/100%25");
  const auto other = [](std::string_view path) {
    return canonical_path(path, PathForm::of_other_services);
  };
  CHECK(other("/") == "/");
  CHECK(other("/example/..") == "/");
  CHECK(other("/example1/example2/../..") == "/");
  CHECK(other("/./") == "/");
  CHECK(other("//example//") == "/example/");
  CHECK(other("/./example") == "/example");
  CHECK(other("/a%20b") == "/a%2520b");
  CHECK(other("/../..") == "/");
}

TEST_CASE("a query is sorted, encoded and without its signature") {
  CHECK(canonical_query("b=2&a=1&a=0&c&d=%2f+x", "") == "a=0&a=1&b=2&c=&d=%2F%20x");
  CHECK(canonical_query("X-Amz-Signature=1&a=%zz&&=x", "X-Amz-Signature") == "=x&a=%25zz");
}

TEST_CASE("fields of one name are one, without superfluous spaces") {
  TestRequest made("GET", "/", {"X: a  b ", "x: c", "Y:   "});
  const Headers& headers = made.request().headers;
  CHECK(canonical_header_value(headers, "x") == "a b,c");
  CHECK(canonical_header_value(headers, "y").empty());
  CHECK(canonical_header_value(headers, "z").empty());
}

}  // namespace trainyard::api
