// Web pages, by the rules of the bucket that they name.

#include <doctest/doctest.h>

#include "tests/support/golden.h"
#include "tests/support/s3_client.h"

namespace trainyard::api {

using testing::check_golden;
using testing::S3Answer;
using testing::S3Client;

namespace {

constexpr const char* two_rules =
    "<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
    "<CORSRule><ID>app</ID><AllowedOrigin>https://*.example.com</AllowedOrigin>"
    "<AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod>"
    "<AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>Content-Type</AllowedHeader>"
    "<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>300</MaxAgeSeconds></CORSRule>"
    "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
    "</CORSConfiguration>";

struct PageClient : S3Client {
  PageClient() {
    REQUIRE(put("/bucket").status == 200);
    REQUIRE(put("/bucket/key", "content").status == 200);
  }
  S3Answer preflight(const std::string& target, const std::string& origin,
                     const std::string& method, const std::string& headers = "") {
    Fields fields = {"Origin: " + origin, "Access-Control-Request-Method: " + method};
    if (!headers.empty()) fields.push_back("Access-Control-Request-Headers: " + headers);
    return call("OPTIONS", target, fields);
  }
  bool admits(const std::string& method, const std::string& target, const std::string& origin,
              Fields fields = {}) {
    fields.push_back("Origin: " + origin);
    testing::TestRequest request(method, target, fields);
    return S3Service(*buckets, clock).admits_page(request.request(), std::nullopt);
  }
};

}  // namespace

TEST_CASE("rules are kept and given back") {
  PageClient s3;
  CHECK(s3.get("/bucket?cors").code() == "NoSuchCORSConfiguration");
  CHECK(s3.put("/bucket?cors", two_rules).status == 200);
  check_golden("s3/cors.xml", s3.get("/bucket?cors").body);
  CHECK(s3.call("DELETE", "/bucket?cors").status == 204);
  CHECK(s3.get("/bucket?cors").code() == "NoSuchCORSConfiguration");
  const auto code = [&](const std::string& rule) {
    return s3
        .put("/bucket?cors",
             "<CORSConfiguration><CORSRule>" + rule + "</CORSRule></CORSConfiguration>")
        .code();
  };
  CHECK(code("<AllowedOrigin>*</AllowedOrigin>") == "MalformedXML");
  CHECK(code("<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod>") ==
        "InvalidRequest");
  CHECK(code("<AllowedOrigin>*.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>") ==
        "InvalidRequest");
  CHECK(s3.put("/bucket?cors", "<CORSConfiguration/>").code() == "MalformedXML");
}

TEST_CASE("the question whether a page is admitted changes nothing of its request") {
  PageClient s3;
  testing::TestRequest request("PUT", "/bucket/key?X-Amz-Signature=a&x-amz-meta-a=1",
                               {"Origin: https://app.example.com"});
  CHECK_FALSE(S3Service(*s3.buckets, s3.clock).admits_page(request.request(), std::nullopt));
  CHECK_FALSE(request.request().headers.find("x-amz-meta-a"));
}

TEST_CASE("preflights are answered by the rules") {
  PageClient s3;
  CHECK(s3.preflight("/bucket/key", "https://app.example.com", "PUT").code() == "AccessForbidden");
  s3.put("/bucket?cors", two_rules);
  const S3Answer put =
      s3.preflight("/bucket/key", "https://app.example.com", "PUT", "X-Amz-Date, content-type");
  CHECK(put.status == 200);
  CHECK(put.header("Access-Control-Allow-Origin") == "https://app.example.com");
  CHECK(put.header("Access-Control-Allow-Methods") == "PUT, GET");
  CHECK(put.header("Access-Control-Allow-Headers") == "x-amz-date, content-type");
  CHECK(put.header("Access-Control-Expose-Headers") == "ETag");
  CHECK(put.header("Access-Control-Max-Age") == "300");
  CHECK(put.header("Access-Control-Allow-Credentials") == "true");
  CHECK(put.header("Vary").starts_with("Origin"));
  const S3Answer get = s3.preflight("/bucket/key", "http://other.org", "GET");
  CHECK(get.header("Access-Control-Allow-Origin") == "*");
  CHECK_FALSE(get.headers.find("Access-Control-Allow-Credentials"));
  CHECK(s3.preflight("/bucket/key", "http://other.org", "PUT").status == 403);
  CHECK(s3.preflight("/bucket/key", "http://other.org", "GET", "authorization").status == 403);
  CHECK(s3.preflight("/none/key", "http://other.org", "GET").code() == "NoSuchBucket");
  CHECK(s3.call("OPTIONS", "/bucket/key").code() == "BadRequest");
}

TEST_CASE("answers can be read by the pages that may ask") {
  PageClient s3;
  s3.put("/bucket?cors", two_rules);
  CHECK(s3.get("/bucket/key", {"Origin: http://other.org"}).header("Access-Control-Allow-Origin") ==
        "*");
  CHECK(s3.get("/bucket/none", {"Origin: https://a.example.com"})
            .header("Access-Control-Allow-Origin") == "https://a.example.com");
  CHECK_FALSE(s3.get("/bucket/key").headers.find("Access-Control-Allow-Origin"));
}

TEST_CASE("a page is admitted to objects, by the rules, and to nothing else") {
  PageClient s3;
  const std::string app = "https://app.example.com";
  CHECK_FALSE(s3.admits("GET", "/bucket/key", app));
  CHECK(s3.admits("OPTIONS", "/bucket/key", app, {"Access-Control-Request-Method: GET"}));
  CHECK_FALSE(s3.admits("OPTIONS", "/bucket/key", app));
  s3.put("/bucket?cors", two_rules);
  CHECK(s3.admits("PUT", "/bucket/key", app));
  // What other buckets hold is not this one's to give away.
  CHECK_FALSE(s3.admits("PUT", "/bucket/key", app, {"x-amz-copy-source: /other/secret"}));
  CHECK(s3.admits("GET", "/bucket?list-type=2", app));
  CHECK_FALSE(s3.admits("DELETE", "/bucket/key", app));
  CHECK_FALSE(s3.admits("PUT", "/bucket/key", "http://other.org"));
  CHECK(s3.admits("GET", "/bucket/key", "null"));
  // Else a page could give itself any right.
  CHECK_FALSE(s3.admits("PUT", "/bucket?cors", app));
  CHECK_FALSE(s3.admits("PUT", "/bucket", app));
  for (const char* what :
       {"cors", "policy", "acl", "tagging", "versioning", "location", "encryption", "lifecycle"}) {
    CAPTURE(what);
    CHECK_FALSE(s3.admits("GET", std::string("/bucket?") + what, app));
  }
  for (const char* listing : {"", "?prefix=a", "?list-type=2", "?versions", "?uploads"}) {
    CAPTURE(listing);
    CHECK(s3.admits("GET", std::string("/bucket") + listing, app));
  }
  CHECK_FALSE(s3.admits("GET", "/", app));
  CHECK_FALSE(s3.admits("GET", "/none/key", app));
}

}  // namespace trainyard::api
