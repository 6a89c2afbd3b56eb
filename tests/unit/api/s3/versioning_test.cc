// Buckets that keep versions, through the service.

#include <doctest/doctest.h>

#include "tests/support/golden.h"
#include "tests/support/s3_client.h"

namespace trainyard::api {

using testing::S3Answer;
using testing::S3Client;

namespace {

struct VersionClient : S3Client {
  VersionClient() {
    REQUIRE(put("/bucket").status == 200);
    set("Enabled");
  }
  void set(const std::string& status) {
    REQUIRE(S3Client::put("/bucket?versioning", "<VersioningConfiguration><Status>" + status +
                                                    "</Status></VersioningConfiguration>")
                .status == 200);
  }
  std::string version_of(const S3Answer& answer) { return answer.header("x-amz-version-id"); }
  std::vector<std::string> versions(const std::string& query = "") {
    return get("/bucket?versions" + query).elements("VersionId");
  }
};

}  // namespace

TEST_CASE("versioning is off until it is enabled, and can only be suspended then") {
  S3Client s3;
  s3.put("/bucket");
  CHECK(s3.get("/bucket?versioning").body.find("Status") == std::string::npos);
  CHECK(s3.put("/bucket?versioning", "<VersioningConfiguration/>").code() ==
        "IllegalVersioningConfigurationException");
  CHECK(s3.put("/bucket?versioning",
               "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>")
            .code() == "MalformedXML");
  for (const char* status : {"Enabled", "Suspended"}) {
    s3.put("/bucket?versioning", std::string("<VersioningConfiguration><Status>") + status +
                                     "</Status></VersioningConfiguration>");
    CHECK(s3.get("/bucket?versioning").element("Status") == status);
  }
  CHECK(s3.get("/none?versioning").code() == "NoSuchBucket");
}

TEST_CASE("each write is a version of its own") {
  VersionClient s3;
  const std::string first = s3.version_of(s3.put("/bucket/key", "first"));
  const std::string second = s3.version_of(s3.put("/bucket/key", "second"));
  CHECK(first != second);
  CHECK(s3.get("/bucket/key").body == "second");
  CHECK(s3.version_of(s3.get("/bucket/key")) == second);
  CHECK(s3.get("/bucket/key?versionId=" + first).body == "first");
  CHECK(s3.version_of(s3.head("/bucket/key?versionId=" + first)) == first);
  CHECK(s3.get("/bucket/key?versionId=" + std::string(32, '0')).code() == "NoSuchVersion");
  CHECK(s3.get("/bucket/key?versionId=").code() == "InvalidArgument");
  CHECK(s3.versions() == std::vector{second, first});
  CHECK(s3.get("/bucket?versions").elements("IsLatest") ==
        std::vector<std::string>{"true", "false"});
  CHECK(s3.get("/bucket").elements("Key").size() == 1);

  s3.put("/bucket/key?tagging&versionId=" + first,
         "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>");
  CHECK(s3.get("/bucket/key?tagging&versionId=" + first).element("Value") == "1");
  CHECK(s3.get("/bucket/key?tagging").elements("Value").empty());

  const S3Answer copied =
      s3.put("/bucket/key", "", {"x-amz-copy-source: bucket/key?versionId=" + first});
  CHECK(copied.status == 200);
  CHECK(copied.header("x-amz-copy-source-version-id") == first);
  CHECK(s3.get("/bucket/key").body == "first");
  CHECK(s3.versions().size() == 3);
  CHECK(s3.call("DELETE", "/bucket").code() == "BucketNotEmpty");
}

TEST_CASE("a delete hides, and deleting the marker shows again") {
  VersionClient s3;
  const std::string written = s3.version_of(s3.put("/bucket/key", "content"));
  const S3Answer deleted = s3.call("DELETE", "/bucket/key");
  CHECK(deleted.status == 204);
  CHECK(deleted.header("x-amz-delete-marker") == "true");
  const std::string marker = s3.version_of(deleted);

  const S3Answer hidden = s3.get("/bucket/key");
  CHECK(hidden.code() == "NoSuchKey");
  CHECK(hidden.header("x-amz-delete-marker") == "true");
  CHECK(s3.version_of(hidden) == marker);
  CHECK(s3.head("/bucket/key").header("x-amz-delete-marker") == "true");
  const S3Answer named = s3.get("/bucket/key?versionId=" + marker);
  CHECK(named.status == 405);
  CHECK(named.header("Allow") == "DELETE");
  CHECK(s3.get("/bucket/key?versionId=" + written).body == "content");
  CHECK(s3.get("/bucket").elements("Key").empty());
  CHECK(s3.put("/bucket/copy", "", {"x-amz-copy-source: bucket/key?versionId=" + marker}).code() ==
        "InvalidRequest");
  CHECK(s3.put("/bucket/key?tagging&versionId=" + marker, "<Tagging><TagSet/></Tagging>").status ==
        405);

  const S3Answer unhidden = s3.call("DELETE", "/bucket/key?versionId=" + marker);
  CHECK(unhidden.header("x-amz-delete-marker") == "true");
  CHECK(s3.get("/bucket/key").body == "content");
  CHECK(s3.call("DELETE", "/bucket/key?versionId=" + written).status == 204);
  CHECK(s3.versions().empty());
  CHECK(s3.call("DELETE", "/bucket").status == 204);
}

TEST_CASE("what was there before, and what is written while suspended, is the version null") {
  S3Client plain;
  plain.put("/bucket");
  plain.put("/bucket/key", "before");
  CHECK_FALSE(plain.get("/bucket/key").headers.find("x-amz-version-id"));
  const auto set = [&](const std::string& status) {
    plain.put("/bucket?versioning",
              "<VersioningConfiguration><Status>" + status + "</Status></VersioningConfiguration>");
  };
  set("Enabled");
  CHECK(plain.get("/bucket/key").header("x-amz-version-id") == "null");
  const std::string kept = plain.put("/bucket/key", "kept").header("x-amz-version-id");
  CHECK(plain.get("/bucket/key?versionId=null").body == "before");
  set("Suspended");
  CHECK(plain.put("/bucket/key", "now").header("x-amz-version-id") == "null");
  CHECK(plain.get("/bucket/key?versionId=null").body == "now");
  CHECK(plain.get("/bucket?versions").elements("VersionId") ==
        std::vector<std::string>{"null", kept});
  CHECK(plain.call("DELETE", "/bucket/key").header("x-amz-version-id") == "null");
  CHECK(plain.get("/bucket/key").code() == "NoSuchKey");
  CHECK(plain.get("/bucket/key?versionId=" + kept).body == "kept");
  CHECK(plain.call("DELETE", "/bucket/key?versionId=null").header("x-amz-delete-marker") == "true");
  CHECK(plain.get("/bucket/key").body == "kept");
}

TEST_CASE("listings of versions are cut into pages and by a delimiter") {
  VersionClient s3;
  for (const char* key : {"a", "b/1", "b/2", "c"}) {
    s3.put(std::string("/bucket/") + key, "1");
    s3.put(std::string("/bucket/") + key, "2");
  }
  s3.call("DELETE", "/bucket/c");
  const S3Answer whole = s3.get("/bucket?versions&delimiter=/");
  CHECK(whole.elements("Key") == std::vector<std::string>{"a", "a", "c", "c", "c"});
  CHECK(whole.elements("Prefix") == std::vector<std::string>{"", "b/"});
  CHECK(s3.get("/bucket?versions&prefix=b/").elements("Key") ==
        std::vector<std::string>{"b/1", "b/1", "b/2", "b/2"});
  // As clients empty a bucket: page by page, each deleted before the next is asked for.
  const std::vector<std::string> all = s3.versions();
  CHECK(all.size() == 9);
  std::vector<std::string> seen;
  for (std::string markers, more = "true"; more == "true";) {
    const S3Answer page = s3.get("/bucket?versions&max-keys=2" + markers);
    const auto keys = page.elements("Key");
    const auto ids = page.elements("VersionId");
    for (std::size_t at = 0; at < ids.size(); ++at) {
      seen.push_back(ids[at]);
      s3.call("DELETE", "/bucket/" + keys[at] + "?versionId=" + ids[at]);
    }
    more = page.element("IsTruncated");
    markers = "&key-marker=" + page.element("NextKeyMarker") +
              "&version-id-marker=" + page.element("NextVersionIdMarker");
  }
  CHECK(seen == all);
  CHECK(s3.versions().empty());
  CHECK(s3.get("/bucket?versions&version-id-marker=x").code() == "InvalidArgument");
  CHECK(s3.get("/bucket?versions&key-marker=a&version-id-marker=x").code() == "InvalidArgument");
}

TEST_CASE("many deletes name versions, and make markers") {
  VersionClient s3;
  const std::string a = s3.version_of(s3.put("/bucket/a", "1"));
  s3.put("/bucket/b", "1");
  const S3Answer deleted =
      s3.call("POST", "/bucket?delete", {},
              "<Delete><Object><Key>a</Key><VersionId>" + a +
                  "</VersionId></Object><Object><Key>b</Key></Object></Delete>");
  CHECK(deleted.element("VersionId") == a);
  CHECK(deleted.elements("DeleteMarker") == std::vector<std::string>{"true"});
  CHECK(deleted.element("DeleteMarkerVersionId").size() == 32);
  CHECK(s3.versions("&prefix=a").empty());
  CHECK(s3.versions("&prefix=b").size() == 2);
}

TEST_CASE("deletes, copies and writes under conditions") {
  S3Client s3;
  s3.put("/bucket");
  const std::string etag = s3.put("/bucket/key", "x").header("ETag");
  CHECK(s3.call("DELETE", "/bucket/key", {"If-Match: \"other\""}).code() == "PreconditionFailed");
  CHECK(s3.call("DELETE", "/bucket/none", {"If-Match: *"}).code() == "PreconditionFailed");
  CHECK(s3.put("/bucket/key", "",
               {"x-amz-copy-source: bucket/key", "If-None-Match: *",
                "x-amz-metadata-directive: REPLACE"})
            .code() == "PreconditionFailed");
  CHECK(s3.put("/bucket/copy", "", {"x-amz-copy-source: bucket/key", "If-None-Match: *"}).status ==
        200);
  CHECK(s3.put("/bucket/key", "y", {"If-Match: " + etag}).status == 200);
  const S3Answer refused =
      s3.call("POST", "/bucket?delete", {},
              "<Delete><Object><Key>key</Key><ETag>" + etag + "</ETag></Object></Delete>");
  CHECK(refused.code() == "PreconditionFailed");
  CHECK(s3.call("DELETE", "/bucket/key", {"If-Match: *"}).status == 204);
  CHECK(s3.get("/bucket/key").code() == "NoSuchKey");
}

}  // namespace trainyard::api
