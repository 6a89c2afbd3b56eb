#include <doctest/doctest.h>

#include "tests/support/golden.h"
#include "tests/unit/api/logs/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

Json group(const std::string& name) {
  return {{"logGroupName", name}};
}

Texts names(const Json& answer, const char* list, const char* member) {
  Texts found;
  for (const Json& item : answer.at(list)) found.push_back(item.at(member));
  return found;
}

constexpr const char* arn = "arn:aws:logs:us-east-1:123456789012:log-group:/my/group";

}  // namespace

TEST_CASE_FIXTURE(LogsFixture, "groups are made, described and deleted") {
  CHECK(call("CreateLogGroup", {{"logGroupName", "/my/group"}, {"tags", {{"a", "b"}}}}).text == "");
  CHECK(call("CreateLogGroup", group("/my/group")).code() == "ResourceAlreadyExistsException");
  ok("PutRetentionPolicy", {{"logGroupName", "/my/group"}, {"retentionInDays", 7}});
  testing::check_golden("logs/describe_log_groups.json",
                        ok("DescribeLogGroups", Json::object()).dump(2) + "\n");
  ok("DeleteRetentionPolicy", group("/my/group"));
  CHECK_FALSE(ok("DescribeLogGroups", Json::object())["logGroups"][0].contains("retentionInDays"));
  ok("DeleteLogGroup", group("/my/group"));
  CHECK(ok("DescribeLogGroups", Json::object()).dump() == R"({"logGroups":[]})");
  const LogsAnswer answer = call("DeleteLogGroup", group("/my/group"));
  CHECK(answer.code() == "ResourceNotFoundException");
  CHECK(answer.message() == "The specified log group does not exist.");
}

TEST_CASE_FIXTURE(LogsFixture, "a listing is cut into pages, and the last has no token") {
  for (const char* name : {"b", "/a/1", "/a/2", "/a/3", "/a/4"}) {
    ok("CreateLogGroup", {{"logGroupName", name}, {"logGroupClass", "INFREQUENT_ACCESS"}});
  }
  Json in{{"logGroupNamePrefix", "/a/"}, {"limit", 2}};
  Json page = ok("DescribeLogGroups", in);
  CHECK(names(page, "logGroups", "logGroupName") == Texts{"/a/1", "/a/2"});
  in["nextToken"] = page["nextToken"];
  restart();
  page = ok("DescribeLogGroups", in);
  CHECK(names(page, "logGroups", "logGroupName") == Texts{"/a/3", "/a/4"});
  CHECK_FALSE(page.contains("nextToken"));
  CHECK(names(ok("DescribeLogGroups", {{"logGroupNamePattern", "3"}}), "logGroups",
              "logGroupName") == Texts{"/a/3"});
  CHECK(ok("DescribeLogGroups", {{"logGroupClass", "STANDARD"}})["logGroups"].empty());
  CHECK(call("DescribeLogGroups", {{"nextToken", "x"}}).message() ==
        "The specified nextToken is invalid.");
}

TEST_CASE_FIXTURE(LogsFixture, "what the model forbids is an InvalidParameterException") {
  const LogsAnswer answer = call("CreateLogGroup", group("a b"));
  CHECK(answer.status == 400);
  CHECK(answer.code() == "InvalidParameterException");
  CHECK(answer.message() ==
        "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
  CHECK(call("PutRetentionPolicy", {{"logGroupName", "g"}, {"retentionInDays", 2}}).code() ==
        "InvalidParameterException");
  CHECK(call("CreateLogGroup", {{"logGroupName", 1}}).code() == "SerializationException");
  CHECK(call("DescribeLogStreams", Json::object()).code() == "InvalidParameterException");
}

TEST_CASE_FIXTURE(LogsFixture,
                  "operations that are not served say so, and unknown ones are unknown") {
  const LogsAnswer known = call("StartQuery", Json::object());
  CHECK(known.status == 501);
  CHECK(known.code() == "NotImplementedException");
  CHECK(known.message().find("StartQuery") != std::string::npos);
  const LogsAnswer unknown = call("Frobnicate", Json::object());
  CHECK(unknown.status == 400);
  CHECK(unknown.code() == "UnknownOperationException");
}

TEST_CASE_FIXTURE(LogsFixture, "tags of a group, by its ARN and by its name") {
  ok("CreateLogGroup", {{"logGroupName", "/my/group"}, {"tags", {{"a", "1"}}}});
  ok("TagResource", {{"resourceArn", arn}, {"tags", {{"b", "2"}, {"a", "3"}}}});
  ok("TagLogGroup", {{"logGroupName", "/my/group"}, {"tags", {{"c", "4"}}}});
  const Json tags{{"tags", {{"a", "3"}, {"b", "2"}, {"c", "4"}}}};
  CHECK(ok("ListTagsForResource", {{"resourceArn", arn}}) == tags);
  CHECK(ok("ListTagsLogGroup", group("/my/group")) == tags);
  ok("UntagResource", {{"resourceArn", arn}, {"tagKeys", {"a", "none"}}});
  ok("UntagLogGroup", {{"logGroupName", "/my/group"}, {"tags", {"b"}}});
  CHECK(ok("ListTagsLogGroup", group("/my/group")) == Json{{"tags", {{"c", "4"}}}});
  CHECK(call("TagResource",
             {{"resourceArn", "arn:aws:logs:eu-west-1:1:log-group:x"}, {"tags", {{"a", "b"}}}})
            .code() == "ResourceNotFoundException");
  CHECK(call("TagLogGroup", {{"logGroupName", "/my/group"}, {"tags", {{"aws:x", "b"}}}}).code() ==
        "InvalidParameterException");
  Json many = Json::object();
  for (int i = 0; i < 50; ++i) many["key" + std::to_string(i)] = "v";
  CHECK(call("TagLogGroup", {{"logGroupName", "/my/group"}, {"tags", many}}).code() ==
        "TooManyTagsException");
}

TEST_CASE_FIXTURE(LogsFixture, "streams are listed by name or by latest event, either way") {
  for (const char* name : {"c/1", "a/1", "a/2", "b"}) create(name);
  put("a/2", 5, 6);
  put("b", 3, 4);
  const auto list = [&](Json in) {
    in["logGroupName"] = "g";
    Texts found;
    for (int pages = 0; pages < 10; ++pages) {
      const Json page = ok("DescribeLogStreams", in);
      for (const std::string& name : names(page, "logStreams", "logStreamName"))
        found.push_back(name);
      if (!page.contains("nextToken")) return found;
      in["nextToken"] = page["nextToken"];
    }
    FAIL("the pages do not end");
    return found;
  };
  for (const int limit : {1, 2, 4, 50}) {
    CAPTURE(limit);
    CHECK(list({{"limit", limit}}) == Texts{"a/1", "a/2", "b", "c/1"});
    CHECK(list({{"limit", limit}, {"descending", true}}) == Texts{"c/1", "b", "a/2", "a/1"});
    CHECK(list({{"limit", limit}, {"logStreamNamePrefix", "a/"}}) == Texts{"a/1", "a/2"});
    CHECK(list({{"limit", limit}, {"orderBy", "LastEventTime"}}) ==
          Texts{"a/1", "c/1", "b", "a/2"});
    CHECK(list({{"limit", limit}, {"orderBy", "LastEventTime"}, {"descending", true}}) ==
          Texts{"a/2", "b", "c/1", "a/1"});
  }
  CHECK(call("DescribeLogStreams",
             {{"logGroupName", "g"}, {"orderBy", "LastEventTime"}, {"logStreamNamePrefix", "a"}})
            .code() == "InvalidParameterException");
  CHECK(call("DescribeLogStreams", {{"logGroupName", "g"}, {"logGroupIdentifier", "g"}}).code() ==
        "InvalidParameterException");
  testing::check_golden(
      "logs/describe_log_streams.json",
      ok("DescribeLogStreams",
         {{"logGroupIdentifier", "arn:aws:logs:us-east-1:123456789012:log-group:g"},
          {"logStreamNamePrefix", "a/"}})
              .dump(2) +
          "\n");
}

TEST_CASE_FIXTURE(LogsFixture, "streams are made once and deleted with their events") {
  create("s");
  const Json named{{"logGroupName", "g"}, {"logStreamName", "s"}};
  CHECK(call("CreateLogStream", named).code() == "ResourceAlreadyExistsException");
  CHECK(call("CreateLogStream", {{"logGroupName", "none"}, {"logStreamName", "s"}}).code() ==
        "ResourceNotFoundException");
  put("s", 0, 3);
  ok("DeleteLogStream", named);
  const LogsAnswer gone = call("DeleteLogStream", named);
  CHECK(gone.code() == "ResourceNotFoundException");
  CHECK(gone.message() == "The specified log stream does not exist.");
  create("s");
  CHECK(ok("GetLogEvents", named)["events"].empty());
}

}  // namespace trainyard::api
