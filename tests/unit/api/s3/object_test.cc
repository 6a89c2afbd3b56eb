// PutObject, GetObject, HeadObject, DeleteObject, DeleteObjects, CopyObject through the service.

#include <doctest/doctest.h>

#include "tests/support/s3_client.h"

namespace trainyard::api {

using testing::S3Answer;
using testing::S3Client;

namespace {

struct ObjectClient : S3Client {
  ObjectClient() { REQUIRE(put("/bucket").status == 200); }
};

constexpr const char* hello_md5 = "\"5d41402abc4b2a76b9719d911017c592\"";

}  // namespace

TEST_CASE("an object is put, got, described and deleted") {
  ObjectClient s3;
  const S3Answer put = s3.put(
      "/bucket/a/b", "hello",
      {"Content-Type: text/plain", "x-amz-meta-Who: me", "Cache-Control: no-store",
       "Content-Encoding: gzip", "x-amz-server-side-encryption: aws:kms", "x-id: PutObject"});
  CHECK(put.status == 200);
  CHECK(put.header("ETag") == hello_md5);
  CHECK(put.header("x-amz-server-side-encryption") == "aws:kms");

  const S3Answer got = s3.get("/bucket/a/b?x-id=GetObject");
  CHECK(got.status == 200);
  CHECK(got.body == "hello");
  CHECK(got.header("ETag") == hello_md5);
  CHECK(got.header("Content-Type") == "text/plain");
  CHECK(got.header("Content-Encoding") == "gzip");
  CHECK(got.header("Cache-Control") == "no-store");
  CHECK(got.header("x-amz-meta-who") == "me");
  CHECK(got.header("Last-Modified") == "Tue, 14 Nov 2023 22:13:20 GMT");
  CHECK(got.header("Accept-Ranges") == "bytes");
  CHECK(got.header("x-amz-server-side-encryption") == "aws:kms");

  const S3Answer head = s3.head("/bucket/a/b");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.head_length == 5);
  CHECK(head.header("ETag") == hello_md5);

  CHECK(s3.call("DELETE", "/bucket/a/b").status == 204);
  CHECK(s3.call("DELETE", "/bucket/a/b").status == 204);
  CHECK(s3.get("/bucket/a/b").code() == "NoSuchKey");
}

TEST_CASE("what is missing is told by S3's own errors") {
  ObjectClient s3;
  const S3Answer no_key = s3.get("/bucket/no%3Ckey");
  CHECK(no_key.status == 404);
  CHECK(no_key.code() == "NoSuchKey");
  CHECK(no_key.element("Key") == "no&lt;key");
  CHECK(no_key.element("Message") == "The specified key does not exist.");
  CHECK(no_key.element("RequestId") == "request-id");
  CHECK(no_key.element("Resource") == "/bucket/no%3Ckey");
  CHECK(no_key.header("Content-Type") == "application/xml");
  const S3Answer no_bucket = s3.get("/nobucket/key");
  CHECK(no_bucket.status == 404);
  CHECK(no_bucket.code() == "NoSuchBucket");
  CHECK(no_bucket.element("BucketName") == "nobucket");
  CHECK(s3.put("/nobucket/key", "x").code() == "NoSuchBucket");
  CHECK(s3.call("DELETE", "/nobucket/key").code() == "NoSuchBucket");
  const S3Answer head = s3.head("/bucket/key");
  CHECK(head.status == 404);
  CHECK(head.body.empty());
}

TEST_CASE("keys are kept as they came, decoded once") {
  ObjectClient s3;
  const std::pair<const char*, const char*> keys[] = {
      {"/bucket/..", ".."},
      {"/bucket/%2e%2e/%2e%2e/etc/passwd", "../../etc/passwd"},
      {"/bucket/%252e%252e/x", "%2e%2e/x"},
      {"/bucket//a//b", "/a//b"},
      {"/bucket/a/./b/", "a/./b/"},
      {"/bucket/back%5Cslash", "back\\slash"},
      {"/bucket/.../...", ".../..."},
      {"/bucket/dir/%20../file", "dir/ ../file"},
      {"/bucket/a+b", "a+b"},
      {"/bucket/caf%C3%A9", "caf\xc3\xa9"},
      {"/bucket/line%0Abreak", "line\nbreak"},
  };
  for (const auto& [target, key] : keys) {
    CAPTURE(target);
    CHECK(s3.put(target, key).status == 200);
    CHECK(s3.get(target).body == key);
    CHECK(s3.store->head("bucket", key));
    CHECK(s3.call("DELETE", target).status == 204);
    CHECK_FALSE(s3.store->head("bucket", key));
  }
  CHECK(s3.put("/bucket/" + std::string(1024, 'k'), "x").status == 200);
  CHECK(s3.put("/bucket/" + std::string(1025, 'k'), "x").code() == "KeyTooLongError");
  CHECK(s3.put("/bucket/%ff", "x").code() == "InvalidURI");
  CHECK(s3.put("/bucket/%zz", "x").code() == "InvalidURI");
  CHECK(s3.put("/%2e%2e/key", "x").code() == "InvalidBucketName");
  CHECK(s3.put("//key", "x").code() == "InvalidBucketName");
}

TEST_CASE("the bucket may come with the host name") {
  ObjectClient s3;
  s3.bucket_from_host = "bucket";
  CHECK(s3.put("/a//b", "x").status == 200);
  CHECK(s3.store->head("bucket", "a//b"));
  CHECK(s3.get("/?list-type=2").element("Key") == "a//b");
}

TEST_CASE("ranges") {
  ObjectClient s3;
  s3.put("/bucket/key", "0123456789", {"x-amz-checksum-crc32: poTHxg=="});
  const S3Answer part = s3.get("/bucket/key", {"Range: bytes=2-4", "x-amz-checksum-mode: ENABLED"});
  CHECK(part.status == 206);
  CHECK(part.body == "234");
  CHECK(part.header("Content-Range") == "bytes 2-4/10");
  // The checksum of the whole would fail the client's check of the part.
  CHECK_FALSE(part.headers.find("x-amz-checksum-crc32"));
  CHECK(s3.head("/bucket/key", {"Range: bytes=-3"}).head_length == 3);
  const S3Answer beyond = s3.get("/bucket/key", {"Range: bytes=10-"});
  CHECK(beyond.status == 416);
  CHECK(beyond.code() == "InvalidRange");
  CHECK(beyond.element("ActualObjectSize") == "10");
  CHECK(s3.get("/bucket/key", {"Range: nonsense"}).status == 200);
  CHECK(s3.get("/bucket/key", {"Range: bytes=2-4", "If-Range: \"other\""}).status == 200);
  CHECK(s3.get("/bucket/key?partNumber=1").body == "0123456789");
  CHECK(s3.get("/bucket/key?partNumber=2").status == 416);
}

TEST_CASE("conditions") {
  ObjectClient s3;
  s3.put("/bucket/key", "hello");
  const S3Answer same = s3.get("/bucket/key", {std::string("If-None-Match: ") + hello_md5});
  CHECK(same.status == 304);
  CHECK(same.body.empty());
  CHECK(same.header("ETag") == hello_md5);
  const S3Answer other = s3.get("/bucket/key", {"If-Match: \"other\""});
  CHECK(other.status == 412);
  CHECK(other.code() == "PreconditionFailed");
}

TEST_CASE("a put may depend on what is there") {
  ObjectClient s3;
  CHECK(s3.put("/bucket/key", "hello", {"If-Match: \"x\""}).code() == "NoSuchKey");
  CHECK(s3.put("/bucket/key", "hello", {"If-None-Match: *"}).status == 200);
  CHECK(s3.put("/bucket/key", "again", {"If-None-Match: *"}).code() == "PreconditionFailed");
  CHECK(s3.put("/bucket/key", "again", {"If-Match: \"x\""}).code() == "PreconditionFailed");
  CHECK(s3.put("/bucket/key", "again", {std::string("If-Match: ") + hello_md5}).status == 200);
  CHECK(s3.put("/bucket/key", "x", {"If-None-Match: \"x\""}).code() == "NotImplemented");
  CHECK(s3.get("/bucket/key").body == "again");
}

TEST_CASE("a query may override headers, but not break out of them") {
  ObjectClient s3;
  s3.put("/bucket/key", "hello");
  const S3Answer got = s3.get(
      "/bucket/key?response-content-type=a%2Fb&response-content-disposition=attachment%3B+x");
  CHECK(got.header("Content-Type") == "a/b");
  CHECK(got.header("Content-Disposition") == "attachment; x");
  CHECK(s3.get("/bucket/key?response-content-type=a%0D%0AX:y").code() == "InvalidArgument");
}

TEST_CASE("checksums are compared, kept and given back") {
  ObjectClient s3;
  const std::pair<const char*, const char*> checksums[] = {
      {"x-amz-checksum-crc32", "NhCmhg=="},
      {"x-amz-checksum-crc32c", "mnG7TA=="},
      {"x-amz-checksum-sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="},
      {"x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="},
  };
  for (const auto& [name, value] : checksums) {
    CAPTURE(name);
    const std::string field = std::string(name) + ": " + value;
    const S3Answer put = s3.put("/bucket/key", "hello", {field});
    CHECK(put.status == 200);
    CHECK(put.header(name) == value);
    CHECK(put.header("x-amz-checksum-type") == "FULL_OBJECT");
    CHECK(s3.get("/bucket/key", {"x-amz-checksum-mode: ENABLED"}).header(name) == value);
    CHECK(s3.get("/bucket/key").header(name).empty());
    const S3Answer bad = s3.put("/bucket/bad", "other", {field});
    CHECK(bad.status == 400);
    CHECK(bad.code() == "BadDigest");
    CHECK(s3.head("/bucket/bad").status == 404);
  }
  CHECK(s3.put("/bucket/key", "hello", {"Content-MD5: XUFAKrxLKna5cZ2REBfFkg=="}).status == 200);
  CHECK(s3.put("/bucket/key", "other", {"Content-MD5: XUFAKrxLKna5cZ2REBfFkg=="}).code() ==
        "BadDigest");
  CHECK(s3.put("/bucket/key", "x", {"Content-MD5: short"}).code() == "InvalidDigest");
  CHECK(s3.put("/bucket/key", "x", {"x-amz-checksum-crc32: short"}).code() == "InvalidRequest");
  CHECK(s3.put("/bucket/key", "x",
               {"x-amz-checksum-crc32: NhCmhg==", "x-amz-checksum-crc32c: mnG7TA=="})
            .code() == "InvalidRequest");
  CHECK(s3.put("/bucket/key", "x", {"x-amz-sdk-checksum-algorithm: CRC32"}).code() ==
        "InvalidRequest");
}

TEST_CASE("aws-chunked bodies are decoded, with a checksum behind them") {
  ObjectClient s3;
  const S3Client::Fields fields = {
      "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Content-Encoding: aws-chunked",
      "x-amz-trailer: x-amz-checksum-crc32", "x-amz-decoded-content-length: 5"};
  const auto body = [](const char* crc) {
    return std::string("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:") + crc + "\r\n\r\n";
  };
  const S3Answer put = s3.put("/bucket/key", body("NhCmhg=="), fields);
  CHECK(put.status == 200);
  CHECK(put.header("x-amz-checksum-crc32") == "NhCmhg==");
  const S3Answer got = s3.get("/bucket/key");
  CHECK(got.body == "hello");
  CHECK_FALSE(got.headers.find("Content-Encoding"));
  CHECK(s3.put("/bucket/key", body("AAAAAA=="), fields).code() == "BadDigest");
  CHECK(s3.put("/bucket/key", "5\r\nhello\r\n0\r\n\r\n", fields).code() == "MalformedTrailerError");
  CHECK(s3.put("/bucket/key", "4\r\nhell\r\n0\r\n\r\n", fields).code() == "IncompleteBody");
  CHECK(s3.put("/bucket/key", "nonsense\r\n", fields).code() == "InvalidRequest");
  CHECK(s3.put("/bucket/key", body("NhCmhg=="), {fields[0], fields[1], fields[2]}).code() ==
        "MissingContentLength");
  CHECK(s3.get("/bucket/key").body == "hello");
}

TEST_CASE("deletes of many") {
  ObjectClient s3;
  for (const char* key : {"/bucket/a", "/bucket/b", "/bucket/%20c%20"}) s3.put(key, "x");
  const S3Answer deleted =
      s3.call("POST", "/bucket?delete", {},
              "<?xml version=\"1.0\"?><Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
              "<Object><Key>a</Key></Object><Object><Key> c </Key></Object>"
              "<Object><Key>missing&amp;</Key></Object>"
              "<Object><Key>b</Key><VersionId>7</VersionId></Object></Delete>");
  CHECK(deleted.status == 200);
  CHECK(deleted.elements("Key") == std::vector<std::string>{"a", " c ", "missing&amp;", "b"});
  CHECK(deleted.elements("VersionId") == std::vector<std::string>{"7"});
  CHECK(s3.get("/bucket").elements("Key") == std::vector<std::string>{"b"});
  const S3Answer quiet =
      s3.call("POST", "/bucket?delete", {},
              "<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>");
  CHECK(quiet.elements("Key").empty());
  CHECK(s3.get("/bucket").elements("Key").empty());
  std::string many = "<Delete>";
  for (int i = 0; i < 1001; ++i) many += "<Object><Key>k</Key></Object>";
  for (const std::string& body : {std::string(), std::string("<Delete>"), std::string("<Other/>"),
                                  std::string("<Delete></Delete>"), many + "</Delete>"}) {
    CHECK(s3.call("POST", "/bucket?delete", {}, body).code() == "MalformedXML");
  }
  s3.put("/bucket/a", "x");
  const S3Answer long_key = s3.call("POST", "/bucket?delete", {},
                                    "<Delete><Object><Key>" + std::string(1025, 'k') +
                                        "</Key></Object><Object><Key>a</Key></Object></Delete>");
  CHECK(long_key.status == 200);
  CHECK(long_key.elements("Code") == std::vector<std::string>{"KeyTooLongError"});
  CHECK(long_key.elements("Key").size() == 2);
  CHECK(s3.get("/bucket").elements("Key").empty());
  const std::string huge(9 << 20, ' ');
  CHECK(s3.call("POST", "/bucket?delete", {}, huge).code() == "EntityTooLarge");
}

TEST_CASE("deletes of many in a directory go on where one fails") {
  ObjectClient s3;
  std::filesystem::create_directory(s3.directory / "files");
  std::filesystem::create_directory(s3.directory / "elsewhere");
  REQUIRE(s3.buckets->add_directory("served", s3.directory / "files"));
  std::filesystem::create_directory_symlink(s3.directory / "elsewhere", s3.directory / "files/up");
  testing::write_file(s3.directory / "elsewhere/x", "kept");
  for (const char* key : {"/served/a", "/served/b"}) REQUIRE(s3.put(key, "x").status == 200);
  const S3Answer deleted =
      s3.call("POST", "/served?delete", {},
              "<Delete><Object><Key>a</Key></Object><Object><Key>up/x</Key></Object>"
              "<Object><Key>b</Key></Object></Delete>");
  CHECK(deleted.status == 200);
  CHECK(deleted.elements("Key") == std::vector<std::string>{"a", "up/x", "b"});
  CHECK(deleted.elements("Code") == std::vector<std::string>{"AccessDenied"});
  CHECK(s3.get("/served").elements("Key").empty());
  CHECK(s3.call("DELETE", "/served/up/x").code() == "AccessDenied");
  CHECK(std::filesystem::exists(s3.directory / "elsewhere/x"));
}

TEST_CASE("copies") {
  ObjectClient s3;
  s3.put("/bucket/a%20b", "hello", {"Content-Type: text/plain", "x-amz-meta-a: 1"});
  const S3Answer copied = s3.put("/bucket/copy", "", {"x-amz-copy-source: /bucket/a%20b"});
  CHECK(copied.status == 200);
  CHECK(copied.element("ETag") == "&quot;5d41402abc4b2a76b9719d911017c592&quot;");
  S3Answer got = s3.get("/bucket/copy");
  CHECK(got.body == "hello");
  CHECK(got.header("Content-Type") == "text/plain");
  CHECK(got.header("x-amz-meta-a") == "1");

  CHECK(s3.put("/bucket/copy", "",
               {"x-amz-copy-source: bucket/copy?versionId=null",
                "x-amz-metadata-directive: REPLACE", "x-amz-meta-b: 2"})
            .status == 200);
  got = s3.get("/bucket/copy");
  CHECK(got.body == "hello");
  CHECK(got.header("x-amz-meta-a").empty());
  CHECK(got.header("x-amz-meta-b") == "2");

  CHECK(s3.put("/bucket/copy", "", {"x-amz-copy-source: bucket/copy"}).code() == "InvalidRequest");
  CHECK(s3.put("/bucket/x", "", {"x-amz-copy-source: bucket/none"}).code() == "NoSuchKey");
  CHECK(s3.put("/bucket/x", "", {"x-amz-copy-source: other/key"}).code() == "NoSuchBucket");
  CHECK(s3.put("/other/x", "", {"x-amz-copy-source: bucket/copy"}).code() == "NoSuchBucket");
  CHECK(s3.put("/bucket/x", "", {"x-amz-copy-source: bucket"}).code() == "InvalidArgument");
  CHECK(s3.put("/bucket/x", "", {"x-amz-copy-source: ../../etc/passwd"}).code() ==
        "InvalidBucketName");
  CHECK(s3.put("/bucket/x", "",
               {"x-amz-copy-source: bucket/copy", "x-amz-copy-source-if-match: \"other\""})
            .code() == "PreconditionFailed");
  CHECK(s3.put("/bucket/sum", "",
               {"x-amz-copy-source: bucket/copy", "x-amz-checksum-algorithm: CRC32"})
            .element("ChecksumCRC32") == "NhCmhg==");
}

TEST_CASE("what would be wrong to ignore is refused") {
  ObjectClient s3;
  CHECK(s3.put("/bucket/key", "x", {"x-amz-server-side-encryption-customer-algorithm: AES256"})
            .code() == "NotImplemented");
  CHECK(s3.put("/bucket/key", "x", {"x-amz-meta-a: " + std::string(3000, 'x')}).code() ==
        "MetadataTooLarge");
  CHECK(s3.put("/bucket/key", "x", {"x-amz-expected-bucket-owner: 999999999999"}).code() ==
        "AccessDenied");
  CHECK(s3.put("/bucket/key", "x",
               {"x-amz-expected-bucket-owner: 123456789012", "x-amz-acl: private",
                "x-amz-tagging: a=b", "x-amz-storage-class: STANDARD_IA"})
            .status == 200);
  CHECK(s3.head("/bucket/key").header("x-amz-storage-class") == "STANDARD_IA");
  CHECK(s3.get("/bucket/key?versionId=7").code() == "NoSuchVersion");
  CHECK(s3.get("/bucket/key?versionId=null").status == 200);
  CHECK(s3.get("/bucket/key?tagging").element("Value") == "b");
}

}  // namespace trainyard::api
