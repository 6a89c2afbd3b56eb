// Buckets, and which operation a request means.

#include <doctest/doctest.h>

#include "tests/support/golden.h"
#include "tests/support/s3_client.h"

namespace trainyard::api {

using testing::check_golden;
using testing::S3Answer;
using testing::S3Client;

TEST_CASE("a bucket is made, described, listed and deleted") {
  S3Client s3;
  CHECK(s3.head("/bucket").status == 404);
  const S3Answer made = s3.put("/bucket");
  CHECK(made.status == 200);
  CHECK(made.header("Location") == "/bucket");
  CHECK(s3.put("/bucket/").status == 200);
  CHECK(s3.put("/other",
               "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
               "<LocationConstraint>eu-west-1</LocationConstraint>"
               "</CreateBucketConfiguration>")
            .status == 200);
  CHECK(s3.put("/third", "<nonsense").code() == "MalformedXML");
  const S3Answer head = s3.head("/bucket");
  CHECK(head.status == 200);
  CHECK(head.header("x-amz-bucket-region") == "us-east-1");
  check_golden("s3/list_buckets.xml", s3.get("/").body);
  check_golden("s3/bucket_location.xml", s3.get("/bucket?location").body);
  CHECK(s3.get("/?prefix=oth").elements("Name") == std::vector<std::string>{"other"});
  const S3Answer page = s3.get("/?max-buckets=1");
  CHECK(page.elements("Name") == std::vector<std::string>{"bucket"});
  CHECK(s3.get("/?continuation-token=" + page.element("ContinuationToken")).elements("Name") ==
        std::vector<std::string>{"other"});
  s3.put("/bucket/key", "x");
  const S3Answer full = s3.call("DELETE", "/bucket");
  CHECK(full.status == 409);
  CHECK(full.code() == "BucketNotEmpty");
  s3.call("DELETE", "/bucket/key");
  CHECK(s3.call("DELETE", "/bucket").status == 204);
  CHECK(s3.call("DELETE", "/bucket").code() == "NoSuchBucket");
  CHECK(s3.get("/bucket?location").code() == "NoSuchBucket");
}

TEST_CASE("other regions know their own buckets") {
  S3Client s3({"eu-west-1", "123456789012"});
  CHECK(s3.put("/bucket").status == 200);
  const S3Answer again = s3.put("/bucket");
  CHECK(again.status == 409);
  CHECK(again.code() == "BucketAlreadyOwnedByYou");
  CHECK(s3.get("/bucket?location").body.find(">eu-west-1</LocationConstraint>") !=
        std::string::npos);
}

TEST_CASE("a bucket of another account is not this one") {
  S3Client s3;
  s3.put("/bucket");
  CHECK(s3.head("/bucket", {"x-amz-expected-bucket-owner: 000000000000"}).status == 403);
  CHECK(s3.head("/bucket", {"x-amz-expected-bucket-owner: 123456789012"}).status == 200);
}

TEST_CASE("a sub-resource that is not served is never taken for a listing or an object") {
  S3Client s3;
  s3.put("/bucket");
  s3.put("/bucket/key", "content");
  for (const char* name :
       {"analytics", "intelligent-tiering", "inventory", "metrics", "metadataTable", "abac",
        "metadataAnnotationTable", "metadataInventoryTable", "metadataJournalTable"}) {
    CAPTURE(name);
    for (const char* method : {"GET", "PUT", "DELETE"}) {
      const S3Answer answer = s3.call(method, std::string("/bucket?") + name);
      CHECK(answer.status == 501);
      CHECK(answer.code() == "NotImplemented");
    }
  }
  for (const char* name : {"legal-hold", "retention", "torrent", "annotation&annotationName=x"}) {
    CAPTURE(name);
    CHECK(s3.get(std::string("/bucket/key?") + name).code() == "NotImplemented");
    CHECK(s3.put(std::string("/bucket/key?") + name, "x").code() == "NotImplemented");
    CHECK(s3.call("DELETE", std::string("/bucket/key?") + name).code() == "NotImplemented");
  }
  for (const char* name : {"restore", "select&select-type=2"}) {
    CHECK(s3.call("POST", std::string("/bucket/key?") + name).code() == "NotImplemented");
  }
  CHECK(s3.put("/bucket/key?tagging", "x").code() == "MalformedXML");
  CHECK(s3.get("/bucket/key").body == "content");
  CHECK(s3.head("/bucket").status == 200);
}

TEST_CASE("a bucket that nobody configured says so, and cannot be configured in vain") {
  S3Client s3;
  s3.put("/bucket");
  const std::pair<const char*, const char*> answers[] = {
      {"accelerate", ""},
      {"encryption", "AES256"},
      {"lifecycle", "NoSuchLifecycleConfiguration"},
      {"logging", ""},
      {"notification", ""},
      {"object-lock", "ObjectLockConfigurationNotFoundError"},
      {"ownershipControls", "BucketOwnerEnforced"},
      {"policy", "NoSuchBucketPolicy"},
      {"policyStatus", "NoSuchBucketPolicy"},
      {"publicAccessBlock", "true"},
      {"replication", "ReplicationConfigurationNotFoundError"},
      {"requestPayment", "BucketOwner"},
      {"website", "NoSuchWebsiteConfiguration"}};
  for (const auto& [name, text] : answers) {
    CAPTURE(name);
    const S3Answer got = s3.get(std::string("/bucket?") + name);
    CHECK(got.status == (got.code().empty() ? 200 : 404));
    CHECK(got.body.find(text) != std::string::npos);
    CHECK(s3.get(std::string("/none?") + name).code() == "NoSuchBucket");
    CHECK(s3.put(std::string("/bucket?") + name, "<X/>").code() == "NotImplemented");
  }
  for (const char* name : {"lifecycle", "ownershipControls", "publicAccessBlock"}) {
    CHECK(s3.call("DELETE", std::string("/bucket?") + name).status == 204);
  }
  CHECK(s3.call("DELETE", "/bucket?requestPayment").status == 501);
  CHECK(s3.head("/bucket").status == 200);
}

TEST_CASE("methods that mean nothing are refused") {
  S3Client s3;
  s3.put("/bucket");
  for (const auto& [method, target] :
       {std::pair("PUT", "/"), std::pair("DELETE", "/"), std::pair("POST", "/"),
        std::pair("POST", "/bucket/key"), std::pair("PATCH", "/bucket/key")}) {
    const S3Answer answer = s3.call(method, target);
    CHECK(answer.status == 405);
    CHECK(answer.code() == "MethodNotAllowed");
  }
  CHECK(s3.call("POST", "/bucket").code() == "PreconditionFailed");
  CHECK(s3.get("/bucket?list-type=3").code() == "InvalidArgument");
}

}  // namespace trainyard::api
