#include <filesystem>

#include <doctest/doctest.h>
#include <sys/fsuid.h>

#include "tests/support/golden.h"
#include "tests/support/s3_client.h"

namespace trainyard::api {

using testing::check_golden;
using testing::S3Answer;
using testing::S3Client;

namespace {

using Strings = std::vector<std::string>;

struct ListClient : S3Client {
  ListClient() {
    REQUIRE(put("/bucket").status == 200);
    put("/bucket/a%20b%2Bc", "x", {"x-amz-checksum-crc32: jNwWgw=="});
    for (const char* key : {"d/1", "d/2", "e%3C%26%3E/1", "line%0Abreak", "%C3%A9"}) {
      REQUIRE(put(std::string("/bucket/") + key, "x").status == 200);
    }
  }
};

}  // namespace

TEST_CASE("listings are written as S3 writes them") {
  ListClient s3;
  check_golden("s3/list_v1.xml", s3.get("/bucket").body);
  check_golden("s3/list_v1_page.xml", s3.get("/bucket?delimiter=/&max-keys=2&marker=a").body);
  check_golden("s3/list_v2.xml", s3.get("/bucket?list-type=2&fetch-owner=true").body);
  check_golden("s3/list_v2_url.xml",
               s3.get("/bucket?list-type=2&encoding-type=url&delimiter=/&start-after=A+b").body);
  check_golden("s3/list_v2_empty.xml", s3.get("/bucket?list-type=2&prefix=none").body);
}

TEST_CASE("version 2 goes on with an opaque token") {
  ListClient s3;
  Strings keys;
  std::string token;
  int pages = 0;
  for (;;) {
    const S3Answer page =
        s3.get("/bucket?list-type=2&max-keys=2&encoding-type=url" +
               (token.empty() ? "" : "&continuation-token=" + percent_encode(token, false)));
    REQUIRE(page.status == 200);
    ++pages;
    for (const std::string& key : page.elements("Key")) keys.push_back(key);
    CHECK(page.element("KeyCount") == std::to_string(page.elements("Key").size()));
    token = page.element("NextContinuationToken");
    CHECK(page.element("IsTruncated") == (token.empty() ? "false" : "true"));
    if (token.empty()) break;
    CHECK(keys.back() != token);
  }
  CHECK(pages == 3);
  CHECK(keys == Strings{"a+b%2Bc", "d/1", "d/2", "e%3C%26%3E/1", "line%0Abreak", "%C3%A9"});
}

TEST_CASE("version 1 goes on from the last key, or from the marker it names") {
  ListClient s3;
  S3Answer page = s3.get("/bucket?delimiter=/&max-keys=2");
  CHECK(page.elements("Key") == Strings{"a b+c"});
  CHECK(page.elements("Prefix") == Strings{"", "d/"});
  CHECK(page.element("NextMarker") == "d/");
  page = s3.get("/bucket?delimiter=/&max-keys=2&marker=d/");
  CHECK(page.elements("Prefix") == Strings{"", "e&lt;&amp;&gt;/"});
  page = s3.get("/bucket?max-keys=1");
  CHECK(page.element("IsTruncated") == "true");
  CHECK(page.elements("NextMarker").empty());
}

TEST_CASE("arguments of listings are checked") {
  ListClient s3;
  CHECK(s3.get("/bucket?list-type=2&max-keys=0").element("IsTruncated") == "false");
  CHECK(s3.get("/bucket?list-type=2&max-keys=5000").element("MaxKeys") == "1000");
  for (const char* query :
       {"max-keys=-1", "max-keys=x", "encoding-type=xml", "list-type=2&continuation-token=x",
        "list-type=2&continuation-token=1%21", "list-type=2&continuation-token="}) {
    CAPTURE(query);
    CHECK(s3.get(std::string("/bucket?") + query).code() == "InvalidArgument");
  }
  CHECK(s3.get("/nobucket?list-type=2").code() == "NoSuchBucket");
}

TEST_CASE("no listing fails for a directory that the daemon may not read") {
  ListClient s3;
  const std::filesystem::path files = s3.directory / "files";
  std::filesystem::create_directories(files / "lost+found");
  std::filesystem::permissions(files, std::filesystem::perms(0755));
  std::filesystem::permissions(files / "lost+found", std::filesystem::perms(0));
  REQUIRE(s3.buckets->add_directory("served", files));
  for (const char* target : {"/served", "/served?list-type=2", "/served?versions"}) {
    CAPTURE(target);
    // Root may read everything: as somebody else, on this thread.
    const int me = ::setfsuid(65534);
    const S3Answer listed = s3.get(target);
    ::setfsuid(static_cast<uid_t>(me));
    CHECK(listed.status == 200);
    CHECK(listed.elements("Key").empty());
  }
  std::filesystem::permissions(files / "lost+found", std::filesystem::perms(0700));
}

}  // namespace trainyard::api
