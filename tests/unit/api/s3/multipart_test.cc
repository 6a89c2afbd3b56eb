#include <doctest/doctest.h>

#include "runtime/object/digest.h"
#include "tests/support/s3_client.h"

namespace trainyard::api {

using testing::S3Answer;
using testing::S3Client;

namespace {

const std::string large(5 * 1024 * 1024, 'a');

struct UploadClient : S3Client {
  UploadClient() { REQUIRE(put("/bucket").status == 200); }

  std::string create(const Fields& fields = {}) {
    const S3Answer created = call("POST", "/bucket/key?uploads", fields);
    REQUIRE(created.status == 200);
    return created.element("UploadId");
  }
  S3Answer part(const std::string& upload, int number, const std::string& body,
                const Fields& fields = {}) {
    return put("/bucket/key?partNumber=" + std::to_string(number) + "&uploadId=" + upload, body,
               fields);
  }
  S3Answer complete(const std::string& upload,
                    const std::vector<std::pair<int, std::string>>& parts,
                    const Fields& fields = {}) {
    std::string xml = "<CompleteMultipartUpload>";
    for (const auto& [number, etag] : parts) {
      xml += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag +
             "</ETag></Part>";
    }
    return call("POST", "/bucket/key?uploadId=" + upload, fields,
                xml + "</CompleteMultipartUpload>");
  }
};

std::string etag_of(const std::vector<std::string>& parts) {
  std::string digests;
  for (const std::string& part : parts) digests += digest_of(DigestAlgorithm::md5, part);
  return "\"" + to_hex(digest_of(DigestAlgorithm::md5, digests)) + "-" +
         std::to_string(parts.size()) + "\"";
}

}  // namespace

TEST_CASE("an object is uploaded in parts") {
  UploadClient s3;
  const std::string upload = s3.create({"Content-Type: text/plain", "x-amz-meta-a: b"});
  const std::string first = s3.part(upload, 1, large).header("ETag");
  const std::string last = s3.part(upload, 2, "end").header("ETag");
  CHECK(first == "\"" + to_hex(digest_of(DigestAlgorithm::md5, large)) + "\"");
  CHECK(s3.get("/bucket/key").code() == "NoSuchKey");

  const S3Answer parts = s3.get("/bucket/key?max-parts=1&uploadId=" + upload);
  CHECK(parts.element("PartNumber") == "1");
  CHECK(parts.element("Size") == std::to_string(large.size()));
  CHECK(parts.element("IsTruncated") == "true");
  CHECK(s3.get("/bucket/key?part-number-marker=1&uploadId=" + upload).elements("PartNumber") ==
        std::vector<std::string>{"2"});
  const S3Answer uploads = s3.get("/bucket?uploads");
  CHECK(uploads.element("UploadId") == upload);
  CHECK(uploads.element("Key") == "key");

  const S3Answer done = s3.complete(upload, {{1, first}, {2, last}}, {"Host: localhost:4747"});
  CHECK(done.status == 200);
  CHECK(done.element("Location") == "http://localhost:4747/bucket/key");
  const S3Answer got = s3.get("/bucket/key");
  CHECK(got.body == large + "end");
  CHECK(got.header("ETag") == etag_of({large, "end"}));
  CHECK(got.header("x-amz-meta-a") == "b");
  const S3Answer second = s3.get("/bucket/key?partNumber=2");
  CHECK(second.status == 206);
  CHECK(second.body == "end");
  CHECK(second.header("x-amz-mp-parts-count") == "2");
  CHECK(second.header("Content-Range") == "bytes 5242880-5242882/5242883");
  CHECK(s3.get("/bucket?uploads").elements("UploadId").empty());
  CHECK(s3.complete(upload, {{1, first}}).code() == "NoSuchUpload");
}

TEST_CASE("a completion that does not fit the parts is refused, and changes nothing") {
  UploadClient s3;
  const std::string upload = s3.create();
  const std::string small = s3.part(upload, 1, "small").header("ETag");
  const std::string other = s3.part(upload, 2, "other").header("ETag");
  const S3Answer too_small = s3.complete(upload, {{1, small}, {2, other}});
  CHECK(too_small.code() == "EntityTooSmall");
  CHECK(too_small.element("ProposedSize") == "5");
  CHECK(too_small.element("MinSizeAllowed") == "5242880");
  CHECK(s3.complete(upload, {{2, other}, {1, small}}).code() == "InvalidPartOrder");
  CHECK(s3.complete(upload, {{1, small}, {1, small}}).code() == "InvalidPartOrder");
  CHECK(s3.complete(upload, {{1, other}}).code() == "InvalidPart");
  CHECK(s3.complete(upload, {{3, small}}).code() == "InvalidPart");
  CHECK(s3.complete(upload, {}).code() == "MalformedXML");
  CHECK(s3.complete("nonsense", {{1, small}}).code() == "NoSuchUpload");
  CHECK(s3.complete(upload, {{1, small}}, {"x-amz-mp-object-size: 6"}).code() == "InvalidRequest");
  CHECK(s3.complete(upload, {{1, small}}, {"If-None-Match: *"}).status == 200);
}

TEST_CASE("a completion that is repeated is answered as the first") {
  UploadClient s3;
  REQUIRE(s3.put("/bucket?versioning",
                 "<VersioningConfiguration><Status>Enabled</Status>"
                 "</VersioningConfiguration>")
              .status == 200);
  const std::string upload =
      s3.create({"x-amz-checksum-algorithm: CRC32", "x-amz-server-side-encryption: AES256"});
  const std::string first = s3.part(upload, 1, large).header("ETag");
  const std::string last = s3.part(upload, 2, "end").header("ETag");
  const S3Answer done = s3.complete(upload, {{1, first}, {2, last}});
  REQUIRE(done.status == 200);
  REQUIRE(s3.put("/bucket/key", "newer").status == 200);
  const S3Answer again = s3.complete(upload, {{1, first}, {2, last}}, {"If-None-Match: *"});
  CHECK(again.status == 200);
  CHECK(again.body == done.body);
  for (const char* field : {"x-amz-version-id", "x-amz-server-side-encryption"}) {
    CHECK(again.header(field) == done.header(field));
    CHECK_FALSE(done.header(field).empty());
  }
  CHECK(s3.get("/bucket/key").body == "newer");
  // Other parts are no repetition, nor is another key.
  CHECK(s3.complete(upload, {{1, last}, {2, first}}).code() == "NoSuchUpload");
  CHECK(s3.call("POST", "/bucket/other?uploadId=" + upload, {},
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + first +
                    "</ETag></Part></CompleteMultipartUpload>")
            .code() == "NoSuchUpload");
  CHECK(s3.part(upload, 1, "x").code() == "NoSuchUpload");
}

TEST_CASE("part numbers are 1 to 10000") {
  UploadClient s3;
  const std::string upload = s3.create();
  for (const int number : {0, -1, 10'001}) {
    CHECK(s3.part(upload, number, "x").code() == "InvalidArgument");
  }
  CHECK(s3.put("/bucket/key?uploadId=" + upload, "x").code() == "InvalidArgument");
  CHECK(s3.part(upload, 10'000, "x").status == 200);
  CHECK(s3.part("../../etc", 1, "x").code() == "NoSuchUpload");
  CHECK(s3.put("/bucket/otherkey?partNumber=1&uploadId=" + upload, "x").code() == "NoSuchUpload");
}

TEST_CASE("checksums of parts and of the whole") {
  UploadClient s3;
  SUBCASE("composite") {
    const std::string upload = s3.create({"x-amz-checksum-algorithm: CRC32"});
    const S3Answer part = s3.part(upload, 1, "hello", {"x-amz-checksum-crc32: NhCmhg=="});
    CHECK(part.header("x-amz-checksum-crc32") == "NhCmhg==");
    CHECK(s3.part(upload, 1, "other", {"x-amz-checksum-crc32: NhCmhg=="}).code() == "BadDigest");
    CHECK(s3.part(upload, 1, "hello", {"x-amz-checksum-crc32c: mnG7TA=="}).code() ==
          "InvalidRequest");
    const S3Answer done = s3.complete(upload, {{1, part.header("ETag")}});
    CHECK(done.element("ChecksumType") == "COMPOSITE");
    const std::string crc = digest_of(DigestAlgorithm::crc32, "hello");
    CHECK(done.element("ChecksumCRC32") ==
          to_base64(digest_of(DigestAlgorithm::crc32, crc)) + "-1");
  }
  SUBCASE("of the whole") {
    const std::string upload = s3.create({"x-amz-checksum-algorithm: CRC64NVME"});
    const std::string etag = s3.part(upload, 1, large).header("ETag");
    const std::string last = s3.part(upload, 2, "end").header("ETag");
    const std::string crc = to_base64(digest_of(DigestAlgorithm::crc64nvme, large + "end"));
    CHECK(s3.complete(upload, {{1, etag}, {2, last}}, {"x-amz-checksum-crc64nvme: AAAAAAAAAAA="})
              .code() == "BadDigest");
    const S3Answer done =
        s3.complete(upload, {{1, etag}, {2, last}}, {"x-amz-checksum-crc64nvme: " + crc});
    CHECK(done.element("ChecksumType") == "FULL_OBJECT");
    CHECK(done.element("ChecksumCRC64NVME") == crc);
    CHECK(s3.head("/bucket/key", {"x-amz-checksum-mode: ENABLED"})
              .header("x-amz-checksum-crc64nvme") == crc);
  }
  SUBCASE("impossible") {
    for (const auto& [algorithm, type] :
         {std::pair("SHA256", "FULL_OBJECT"), std::pair("CRC64NVME", "COMPOSITE"),
          std::pair("CRC7", "COMPOSITE"), std::pair("CRC32", "OTHER")}) {
      CHECK(s3.call("POST", "/bucket/key?uploads",
                    {std::string("x-amz-checksum-algorithm: ") + algorithm,
                     std::string("x-amz-checksum-type: ") + type})
                .code() == "InvalidRequest");
    }
  }
}

TEST_CASE("parts may be copied from objects") {
  UploadClient s3;
  s3.put("/bucket/source", "0123456789");
  const std::string upload = s3.create();
  const S3Answer part = s3.part(
      upload, 1, "", {"x-amz-copy-source: /bucket/source", "x-amz-copy-source-range: bytes=2-4"});
  CHECK(part.status == 200);
  CHECK(s3.part(upload, 2, "",
                {"x-amz-copy-source: /bucket/source", "x-amz-copy-source-range: bytes=20-30"})
            .code() == "InvalidRange");
  const auto refusal = [&](const std::string& range) {
    return s3
        .part(upload, 2, "",
              {"x-amz-copy-source: /bucket/source", "x-amz-copy-source-range: " + range})
        .code();
  };
  CHECK(refusal("bytes=2-10") == "InvalidRange");
  for (const char* range : {"bytes=2-", "bytes=-2", "bytes=4-2", "2-4", "bytes=0-1,3-4",
                            "bytes=a-b", "bytes=-", "bytes=+1-2"}) {
    CAPTURE(range);
    CHECK(refusal(range) == "InvalidArgument");
  }
  CHECK(s3.get("/bucket/key?uploadId=" + upload).elements("PartNumber").size() == 1);
  CHECK(s3.part(upload, 2, "", {"x-amz-copy-source: /bucket/none"}).code() == "NoSuchKey");
  const std::string etag = to_hex(digest_of(DigestAlgorithm::md5, "234"));
  CHECK(part.element("ETag") == "&quot;" + etag + "&quot;");
  CHECK(s3.complete(upload, {{1, etag}}).status == 200);
  CHECK(s3.get("/bucket/key").body == "234");
}

TEST_CASE("an aborted upload is gone") {
  UploadClient s3;
  const std::string upload = s3.create();
  s3.part(upload, 1, "x");
  CHECK(s3.call("DELETE", "/bucket/key?uploadId=" + upload).status == 204);
  CHECK(s3.call("DELETE", "/bucket/key?uploadId=" + upload).code() == "NoSuchUpload");
  CHECK(s3.part(upload, 1, "x").code() == "NoSuchUpload");
  CHECK(s3.call("DELETE", "/bucket").status == 204);
  CHECK(s3.call("POST", "/bucket/key?uploads").code() == "NoSuchBucket");
}

}  // namespace trainyard::api
