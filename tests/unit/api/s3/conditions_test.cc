#include "api/s3/conditions.h"

#include <doctest/doctest.h>

#include "api/s3/bucket_name.h"

namespace trainyard::api {

namespace {

ConditionOutcome outcome(const std::vector<std::pair<const char*, const char*>>& fields) {
  Headers headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  ObjectInfo object;
  object.etag = "abc";
  object.last_modified = from_milliseconds(1'700'000'000'500);  // 22:13:20.5 that day
  return check_conditions(headers, "", object);
}

constexpr const char* before = "Tue, 14 Nov 2023 22:13:19 GMT";
constexpr const char* same = "Tue, 14 Nov 2023 22:13:20 GMT";

}  // namespace

TEST_CASE("conditions on a read") {
  using enum ConditionOutcome;
  CHECK(outcome({}) == holds);
  CHECK(outcome({{"If-Match", "\"abc\""}}) == holds);
  CHECK(outcome({{"If-Match", "\"x\", \"abc\""}}) == holds);
  CHECK(outcome({{"If-Match", "abc"}}) == holds);
  CHECK(outcome({{"If-Match", "*"}}) == holds);
  CHECK(outcome({{"If-Match", "\"x\""}}) == failed);
  CHECK(outcome({{"If-None-Match", "\"abc\""}}) == not_modified);
  CHECK(outcome({{"If-None-Match", "W/\"abc\""}}) == not_modified);
  CHECK(outcome({{"If-None-Match", "\"x\""}}) == holds);
  CHECK(outcome({{"If-Modified-Since", same}}) == not_modified);
  CHECK(outcome({{"If-Modified-Since", before}}) == holds);
  CHECK(outcome({{"If-Unmodified-Since", same}}) == holds);
  CHECK(outcome({{"If-Unmodified-Since", before}}) == failed);
  CHECK(outcome({{"If-Modified-Since", "yesterday"}}) == holds);
  // Tags are stronger than dates.
  CHECK(outcome({{"If-Match", "\"abc\""}, {"If-Unmodified-Since", before}}) == holds);
  CHECK(outcome({{"If-None-Match", "\"x\""}, {"If-Modified-Since", same}}) == holds);
}

TEST_CASE("byte ranges") {
  const auto range = [](const char* header, std::uint64_t size = 10) {
    return parse_range(header, size);
  };
  const auto is = [&](const char* header, std::uint64_t first, std::uint64_t length) {
    return range(header).satisfiable && range(header).range == ByteRange{first, length};
  };
  CHECK(is("bytes=0-0", 0, 1));
  CHECK(is("bytes=2-4", 2, 3));
  CHECK(is("bytes=5-", 5, 5));
  CHECK(is("bytes=5-100", 5, 5));
  CHECK(is("bytes=-3", 7, 3));
  CHECK(is("bytes=-100", 0, 10));
  for (const char* header : {"bytes=10-", "bytes=10-20", "bytes=-0"}) {
    CHECK_FALSE(range(header).satisfiable);
  }
  CHECK_FALSE(range("bytes=0-", 0).satisfiable);
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=4-2",
                             "items=0-1", "bytes=0-1,3-4", "bytes=99999999999999999999-"}) {
    CAPTURE(header);
    CHECK(range(header).satisfiable);
    CHECK_FALSE(range(header).range);
  }
}

TEST_CASE("bucket names") {
  for (const char* name :
       {"abc", "my-bucket", "a.b.c", "123", "sagemaker-us-east-1-123456789012"}) {
    CHECK(is_bucket_name(name));
  }
  const std::string longest(63, 'a');
  CHECK(is_bucket_name(longest));
  CHECK_FALSE(is_bucket_name(longest + "a"));
  for (const char* name :
       {"", "ab", "Upper", "under_score", "-begin", "end-", "a..b", "..", "...", "192.168.0.1",
        "xn--a", "a-s3alias", "sp ace", "a/b", "\xc3\xa9\xc3\xa9"}) {
    CAPTURE(name);
    CHECK_FALSE(is_bucket_name(name));
  }
}

}  // namespace trainyard::api
