#include <set>

#include <doctest/doctest.h>

#include "tests/support/golden.h"
#include "tests/unit/api/logs/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

struct FilterFixture : LogsFixture {
  FilterFixture() {
    for (const char* name : {"a/1", "a/2", "b/1"}) create(name);
    put("a/1", 0, 10);
    put("a/2", 5, 15);
    put("b/1", 8, 12);
  }
  Json filter(Json in = Json::object()) {
    in["logGroupName"] = "g";
    return ok("FilterLogEvents", in);
  }
  // All pages together; their ids must differ.
  Texts all(Json in) {
    Texts found;
    std::set<std::string> ids;
    for (int pages = 0; pages < 100; ++pages) {
      const Json page = filter(in);
      for (const Json& event : page["events"]) {
        found.push_back(event["logStreamName"].get<std::string>() + ":" +
                        event["message"].get<std::string>());
        CHECK(ids.insert(event["eventId"].get<std::string>()).second);
      }
      if (!page.contains("nextToken")) return found;
      in["nextToken"] = page["nextToken"];
    }
    FAIL("the pages do not end");
    return found;
  }
};

}  // namespace

TEST_CASE_FIXTURE(FilterFixture, "a search's answer") {
  testing::check_golden("logs/filter_log_events.json", filter({{"limit", 2}}).dump(2) + "\n");
}

TEST_CASE_FIXTURE(FilterFixture, "streams are searched together in the order of time") {
  const Texts expected{"a/1:5", "a/2:5", "a/1:6", "a/2:6", "a/1:7",
                       "a/2:7", "a/1:8", "a/2:8", "b/1:8"};
  const Json span{{"startTime", now() + 5}, {"endTime", now() + 8}};
  for (const int limit : {1, 2, 9, 100}) {
    CAPTURE(limit);
    Json in = span;
    in["limit"] = limit;
    CHECK(all(in) == expected);
    in["startTime"] = 0;
    in["logStreamNamePrefix"] = "b/";
    in.erase("endTime");
    CHECK(all(in) == Texts{"b/1:8", "b/1:9", "b/1:10", "b/1:11"});
  }
  CHECK(all({{"logStreamNames", {"b/1", "b/1"}}, {"endTime", now() + 9}}) ==
        Texts{"b/1:8", "b/1:9"});
  CHECK(filter({{"limit", 24}}).contains("nextToken") == false);
}

TEST_CASE_FIXTURE(FilterFixture, "the newest come first when that is asked for") {
  Json in{{"startFromHead", false}, {"startTime", 1'704'067'200'000}, {"limit", 1}};
  CHECK(all(in).empty());
  clock.advance(std::chrono::hours(24 * 100));
  put("b/1", 0, 3);
  put("a/1", 1, 2);
  CHECK(all(in) == Texts{"b/1:2", "b/1:1", "a/1:1", "b/1:0"});
  CHECK(call("FilterLogEvents", {{"logGroupName", "g"}, {"startFromHead", false}}).code() ==
        "InvalidParameterException");
}

TEST_CASE_FIXTURE(FilterFixture, "only what matches comes, from whichever page") {
  CHECK(all({{"filterPattern", "1 -11"}, {"limit", 2}}) ==
        Texts{"a/1:1", "a/2:10", "b/1:10", "a/2:12", "a/2:13", "a/2:14"});
  CHECK(all({{"filterPattern", "%^1[23]$%"}}) == Texts{"a/2:12", "a/2:13"});
  CHECK(all({{"filterPattern", "nothing"}}).empty());
  CHECK(call("FilterLogEvents", {{"logGroupName", "g"}, {"filterPattern", "{ $.a"}}).code() ==
        "InvalidParameterException");
}

TEST_CASE_FIXTURE(FilterFixture, "a token belongs to its search") {
  const Json page = filter({{"limit", 1}, {"filterPattern", "1"}});
  CHECK(call("FilterLogEvents", {{"logGroupName", "g"}, {"nextToken", page["nextToken"]}})
            .message() == "The specified nextToken is invalid.");
  CHECK(call("FilterLogEvents", {{"logGroupName", "g"}, {"nextToken", "x"}}).code() ==
        "InvalidParameterException");
  CHECK(call("FilterLogEvents",
             {{"logGroupName", "g"}, {"logStreamNames", {"a/1"}}, {"logStreamNamePrefix", "a"}})
            .code() == "InvalidParameterException");
  CHECK(call("FilterLogEvents", {{"logGroupName", "g"}, {"logStreamNames", {"none"}}}).code() ==
        "ResourceNotFoundException");
  restart();
  CHECK(
      messages(filter({{"limit", 1}, {"filterPattern", "1"}, {"nextToken", page["nextToken"]}})) ==
      Texts{"10"});
}

}  // namespace trainyard::api
