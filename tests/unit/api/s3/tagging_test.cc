// Tags, access control lists and attributes, of objects and of buckets.

#include <doctest/doctest.h>

#include "tests/support/golden.h"
#include "tests/support/s3_client.h"

namespace trainyard::api {

using testing::check_golden;
using testing::S3Answer;
using testing::S3Client;

namespace {

struct TagClient : S3Client {
  TagClient() { REQUIRE(put("/bucket").status == 200); }
};

std::string tag_set(const std::vector<std::pair<std::string, std::string>>& tags) {
  std::string text = "<Tagging><TagSet>";
  for (const auto& [key, value] : tags) {
    text += "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
  }
  return text + "</TagSet></Tagging>";
}

}  // namespace

TEST_CASE("objects are tagged") {
  TagClient s3;
  s3.put("/bucket/key", "x", {"x-amz-tagging: team=ml&note=a%20b%26c&empty="});
  S3Answer tags = s3.get("/bucket/key?tagging");
  CHECK(tags.elements("Key") == std::vector<std::string>{"empty", "note", "team"});
  CHECK(tags.elements("Value") == std::vector<std::string>{"", "a b&amp;c", "ml"});
  CHECK(s3.get("/bucket/key").header("x-amz-tagging-count") == "3");
  CHECK(s3.head("/bucket/key").header("x-amz-tagging-count") == "3");

  CHECK(s3.put("/bucket/key?tagging", tag_set({{"b", "2"}, {"a", "1"}})).status == 200);
  check_golden("s3/tagging.xml", s3.get("/bucket/key?tagging").body);
  CHECK(s3.get("/bucket/key").header("Last-Modified") == "Tue, 14 Nov 2023 22:13:20 GMT");

  CHECK(s3.call("DELETE", "/bucket/key?tagging").status == 204);
  CHECK(s3.get("/bucket/key?tagging").elements("Key").empty());
  CHECK_FALSE(s3.get("/bucket/key").headers.find("x-amz-tagging-count"));
  CHECK(s3.get("/bucket/none?tagging").code() == "NoSuchKey");
  CHECK(s3.put("/bucket/none?tagging", tag_set({})).code() == "NoSuchKey");
}

TEST_CASE("copies and multipart uploads carry tags") {
  TagClient s3;
  s3.put("/bucket/key", "x", {"x-amz-tagging: a=1", "x-amz-storage-class: STANDARD_IA"});
  s3.put("/bucket/copy", "", {"x-amz-copy-source: bucket/key"});
  CHECK(s3.get("/bucket/copy?tagging").element("Value") == "1");
  CHECK(s3.head("/bucket/copy").header("x-amz-storage-class").empty());
  s3.put(
      "/bucket/copy", "",
      {"x-amz-copy-source: bucket/key", "x-amz-tagging-directive: REPLACE", "x-amz-tagging: a=2"});
  CHECK(s3.get("/bucket/copy?tagging").element("Value") == "2");
  CHECK(
      s3.put("/bucket/copy", "", {"x-amz-copy-source: bucket/key", "x-amz-tagging-directive: KEEP"})
          .code() == "InvalidArgument");

  const std::string upload =
      s3.call("POST", "/bucket/parts?uploads", {"x-amz-tagging: a=3"}).element("UploadId");
  const S3Answer part = s3.put("/bucket/parts?partNumber=1&uploadId=" + upload, "x");
  s3.call("POST", "/bucket/parts?uploadId=" + upload, {},
          "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.header("ETag") +
              "</ETag></Part></CompleteMultipartUpload>");
  CHECK(s3.get("/bucket/parts?tagging").element("Value") == "3");
}

TEST_CASE("tags that S3 would not take are refused") {
  TagClient s3;
  s3.put("/bucket/key", "x");
  const auto code = [&](const std::string& document) {
    return s3.put("/bucket/key?tagging", document).code();
  };
  CHECK(code(tag_set({{"a", "1"}, {"a", "2"}})) == "InvalidTag");
  CHECK(code(tag_set({{"", "1"}})) == "InvalidTag");
  CHECK(code(tag_set({{"aws:a", "1"}})) == "InvalidTag");
  CHECK(code(tag_set({{std::string(129, 'k'), "1"}})) == "InvalidTag");
  CHECK(code(tag_set({{"k", std::string(257, 'v')}})) == "InvalidTag");
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 11; ++i) many.emplace_back("k" + std::to_string(i), "v");
  CHECK(code(tag_set(many)) == "BadRequest");
  CHECK(code("<Tagging/>") == "MalformedXML");
  CHECK(s3.put("/bucket/key", "y", {"x-amz-tagging: a=1&a=2"}).code() == "InvalidTag");
  CHECK(s3.put("/bucket/key", "y", {"x-amz-tagging: a=%zz"}).code() == "InvalidArgument");
  CHECK(s3.get("/bucket/key").body == "x");
}

TEST_CASE("buckets are tagged") {
  TagClient s3;
  CHECK(s3.get("/bucket?tagging").code() == "NoSuchTagSet");
  CHECK(s3.put("/bucket?tagging", tag_set({{"a", "1"}})).status == 204);
  CHECK(s3.get("/bucket?tagging").element("Key") == "a");
  CHECK(s3.call("DELETE", "/bucket?tagging").status == 204);
  CHECK(s3.get("/bucket?tagging").code() == "NoSuchTagSet");
  CHECK(s3.put("/none?tagging", tag_set({})).code() == "NoSuchBucket");
}

TEST_CASE("everything is the owner's, and canned lists change nothing") {
  TagClient s3;
  s3.put("/bucket/key", "x");
  check_golden("s3/acl.xml", s3.get("/bucket/key?acl").body);
  CHECK(s3.get("/bucket?acl").body == s3.get("/bucket/key?acl").body);
  CHECK(s3.get("/bucket/none?acl").code() == "NoSuchKey");
  CHECK(s3.get("/none?acl").code() == "NoSuchBucket");
  CHECK(s3.put("/bucket/key?acl", "", {"x-amz-acl: public-read"}).status == 200);
  CHECK(s3.put("/bucket?acl", "", {"x-amz-acl: private"}).status == 200);
  CHECK(s3.put("/bucket/key?acl", "", {"x-amz-acl: everyone"}).code() == "InvalidArgument");
  CHECK(s3.put("/bucket/key", "y", {"x-amz-acl: everyone"}).code() == "InvalidArgument");
  CHECK(s3.put("/bucket/key?acl", "<AccessControlPolicy/>").code() == "NotImplemented");
  CHECK(s3.put("/made", "", {"x-amz-acl: everyone"}).code() == "InvalidArgument");
}

TEST_CASE("attributes") {
  TagClient s3;
  s3.put("/bucket/key", "hello", {"x-amz-checksum-crc32: NhCmhg=="});
  const S3Answer all =
      s3.get("/bucket/key?attributes", {"x-amz-object-attributes: ETag,Checksum,ObjectParts",
                                        "x-amz-object-attributes: "
                                        "StorageClass,ObjectSize"});
  check_golden("s3/attributes.xml", all.body);
  CHECK(all.header("Last-Modified") == "Tue, 14 Nov 2023 22:13:20 GMT");
  CHECK(s3.get("/bucket/key?attributes").code() == "InvalidArgument");
  CHECK(s3.get("/bucket/key?attributes", {"x-amz-object-attributes: Colour"}).code() ==
        "InvalidArgument");
  CHECK(s3.get("/bucket/none?attributes", {"x-amz-object-attributes: ETag"}).code() == "NoSuchKey");
}

}  // namespace trainyard::api
