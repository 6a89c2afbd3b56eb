#include <doctest/doctest.h>

#include "tests/support/golden.h"
#include "tests/unit/api/logs/fixture.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

Json in_stream(Json members = Json::object()) {
  members["logGroupName"] = "g";
  members["logStreamName"] = "s";
  return members;
}

Json event(std::int64_t time, const std::string& message) {
  return {{"timestamp", time}, {"message", message}};
}

constexpr std::int64_t hour = 3'600'000;

struct EventsFixture : LogsFixture {
  EventsFixture() { create("s"); }

  LogsAnswer put_events(Json events) {
    return call("PutLogEvents", in_stream({{"logEvents", std::move(events)}}));
  }
  Json get(Json members = Json::object()) {
    return ok("GetLogEvents", in_stream(std::move(members)));
  }
};

}  // namespace

TEST_CASE_FIXTURE(EventsFixture, "a page carries events, and tokens for both directions") {
  put("s", 0, 2);
  testing::check_golden("logs/get_log_events.json", get({{"startFromHead", true}}).dump(2) + "\n");
}

TEST_CASE_FIXTURE(EventsFixture,
                  "pages follow each other forward, and the end returns its own token") {
  put("s", 0, 25);
  Json in{{"startFromHead", true}, {"limit", 10}};
  Texts found;
  for (const std::size_t size : {10u, 10u, 5u, 0u}) {
    const Json page = get(in);
    CHECK(page["events"].size() == size);
    for (const std::string& message : messages(page)) found.push_back(message);
    if (size == 0) CHECK(page["nextForwardToken"] == in["nextToken"]);
    in["nextToken"] = page["nextForwardToken"];
  }
  CHECK(found == numbers(0, 25));
  restart();
  CHECK(get(in)["events"].empty());
  put("s", 25, 27);
  CHECK(messages(get(in)) == numbers(25, 27));
}

TEST_CASE_FIXTURE(EventsFixture, "the token of an empty stream shows what comes later") {
  const Json page = get({{"startFromHead", true}});
  CHECK(page["events"].empty());
  put("s", 0, 3);
  CHECK(messages(get({{"startFromHead", true}, {"nextToken", page["nextForwardToken"]}})) ==
        numbers(0, 3));
}

TEST_CASE_FIXTURE(EventsFixture, "without a token the latest events come, and pages lead back") {
  put("s", 0, 25);
  Json page = get({{"limit", 10}});
  CHECK(messages(page) == numbers(15, 25));
  const Json latest = page;
  page = get({{"limit", 10}, {"nextToken", page["nextBackwardToken"]}});
  CHECK(messages(page) == numbers(5, 15));
  CHECK(messages(get({{"limit", 10}, {"nextToken", page["nextForwardToken"]}})) == numbers(15, 25));
  page = get({{"limit", 10}, {"nextToken", page["nextBackwardToken"]}});
  CHECK(messages(page) == numbers(0, 5));
  const Json token = page["nextBackwardToken"];
  page = get({{"limit", 10}, {"nextToken", token}});
  CHECK(page["events"].empty());
  CHECK(page["nextBackwardToken"] == token);
  put("s", 25, 26);
  CHECK(messages(get({{"nextToken", latest["nextForwardToken"]}})) == numbers(25, 26));
}

TEST_CASE_FIXTURE(EventsFixture, "startTime is included and endTime is not") {
  put("s", 0, 20);
  const Json span{{"startTime", now() + 5}, {"endTime", now() + 8}};
  CHECK(messages(get(span)) == numbers(5, 8));
  Json forward = span;
  forward["startFromHead"] = true;
  CHECK(messages(get(forward)) == numbers(5, 8));
  forward["limit"] = 2;
  Json page = get(forward);
  CHECK(messages(page) == numbers(5, 7));
  forward["nextToken"] = page["nextForwardToken"];
  page = get(forward);
  CHECK(messages(page) == numbers(7, 8));
  forward["nextToken"] = page["nextForwardToken"];
  CHECK(get(forward)["events"].empty());
  CHECK(get({{"startTime", now() + 100}})["events"].empty());
  CHECK(get({{"endTime", 0}})["events"].empty());
}

TEST_CASE_FIXTURE(EventsFixture, "an SDK takes up its reading by the time of the last event") {
  put_events({event(now(), "a"), event(now() + 1, "b"), event(now() + 1, "c")});
  const Json seen = get({{"startFromHead", true}});
  put_events(Json::array({event(now() + 1, "d")}));
  CHECK(messages(get({{"startFromHead", true}, {"startTime", now() + 1}})) == Texts{"b", "c", "d"});
  CHECK(messages(get({{"startFromHead", true},
                      {"startTime", now() + 1},
                      {"nextToken", seen["nextForwardToken"]}})) == Texts{"d"});
}

TEST_CASE_FIXTURE(EventsFixture, "a page holds a mebibyte, and at least one event") {
  const std::string large(300'000, 'x');
  for (int i = 0; i < 4; ++i) {
    put_events({event(now(), large), event(now(), large), event(now(), large)});
  }
  Json page = get({{"startFromHead", true}});
  CHECK(page["events"].size() == 3);
  std::size_t count = 0;
  Json in{{"startFromHead", true}};
  for (; !page["events"].empty(); page = get(in)) {
    count += page["events"].size();
    in["nextToken"] = page["nextForwardToken"];
  }
  CHECK(count == 12);
  CHECK(get()["events"].size() == 3);
  CHECK(put_events(Json::array({event(now(), std::string(1'048'550, 'y'))})).status == 200);
  CHECK(get()["events"].size() == 1);
}

TEST_CASE_FIXTURE(EventsFixture, "tokens of other streams and of nobody are refused") {
  create("other");
  const Json page = get();
  for (const Json& token : {Json("f/123"), Json("x"), page["nextForwardToken"]}) {
    const LogsAnswer answer = call(
        "GetLogEvents", {{"logGroupName", "g"}, {"logStreamName", "other"}, {"nextToken", token}});
    CHECK(answer.code() == "InvalidParameterException");
    CHECK(answer.message() == "The specified nextToken is invalid.");
  }
  CHECK(call("GetLogEvents", {{"logGroupName", "g"}, {"logStreamName", "none"}}).message() ==
        "The specified log stream does not exist.");
  CHECK(call("GetLogEvents", {{"logGroupName", "h"}, {"logStreamName", "s"}}).message() ==
        "The specified log group does not exist.");
}

TEST_CASE_FIXTURE(EventsFixture, "any bytes of a log become text") {
  auto stream = groups->catalog().find_stream(groups->catalog().find_group("g")->id, "s");
  REQUIRE(stream);
  auto writer = groups->store().open_writer(stream->key());
  REQUIRE(writer);
  (*writer)->append_own(clock.now(), std::string("a\0\xff\x1b!", 5));
  (*writer)->append_own(clock.now(), "");
  REQUIRE((*writer)->flush());
  CHECK(messages(get()) == Texts{std::string("a\0\xEF\xBF\xBD\x1b!", 7), ""});
}

TEST_CASE_FIXTURE(EventsFixture, "what is too old, expired or too new is rejected, and told") {
  ok("PutRetentionPolicy", {{"logGroupName", "g"}, {"retentionInDays", 3}});
  const std::int64_t day = 24 * hour;
  const LogsAnswer answer =
      put_events({event(now() - 15 * day, "too old"), event(now() - 4 * day, "expired"),
                  event(now() - 1000, "kept"), event(now() + 2 * hour, "kept too"),
                  event(now() + 2 * hour + 1, "too new")});
  REQUIRE(answer.status == 200);
  CHECK(answer.body["rejectedLogEventsInfo"] == Json{{"tooOldLogEventEndIndex", 1},
                                                     {"expiredLogEventEndIndex", 2},
                                                     {"tooNewLogEventStartIndex", 4}});
  CHECK(messages(get()) == Texts{"kept", "kept too"});
  // What a shorter retention no longer covers is not shown.
  clock.advance(std::chrono::hours(73));
  CHECK(messages(get({{"startFromHead", true}})) == Texts{"kept too"});
  const LogsAnswer none = put_events(Json::array({event(0, "too old")}));
  CHECK(none.body["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] == 1);
}

TEST_CASE_FIXTURE(EventsFixture, "batches that break a rule are refused as a whole") {
  const auto refused = [&](Json events) {
    const LogsAnswer answer = put_events(std::move(events));
    CHECK(answer.code() == "InvalidParameterException");
    return answer.message();
  };
  CHECK(refused({event(now() + 1, "b"), event(now(), "a")}) ==
        "Log events in a single PutLogEvents request must be in chronological order.");
  CHECK(refused({event(now() - 23 * hour, "a"), event(now() + hour + 1, "b")}) ==
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  CHECK(refused(Json::array({event(now(), std::string(1'048'551, 'x'))})) ==
        "Log event too large: 1048577 bytes exceeds limit of 1048576");
  const std::string half(524'288, 'x');
  CHECK(refused({event(now(), half), event(now(), half)}) ==
        "Upload too large: 1048628 bytes exceeds limit of 1048576");
  refused(Json::array());
  refused(Json::array({event(now(), "")}));
  Json many = Json::array();
  for (int i = 0; i <= 10'000; ++i) many.push_back(event(now(), "x"));
  refused(many);
  CHECK(get()["events"].empty());
  CHECK(call("PutLogEvents",
             {{"logGroupName", "g"}, {"logStreamName", "n"}, {"logEvents", {event(now(), "a")}}})
            .code() == "ResourceNotFoundException");
}

TEST_CASE_FIXTURE(EventsFixture, "sequence tokens are taken and given, and never wrong") {
  const Json first =
      ok("PutLogEvents",
         in_stream({{"logEvents", {event(now(), "a")}}, {"sequenceToken", "anything"}}));
  CHECK(first["nextSequenceToken"].is_string());
  CHECK_FALSE(first.contains("rejectedLogEventsInfo"));
  CHECK(ok("PutLogEvents", in_stream({{"logEvents", {event(now(), "b")}},
                                      {"sequenceToken", first["nextSequenceToken"]}}))
            .size() == 1);
}

TEST_CASE_FIXTURE(EventsFixture,
                  "late events come in order of arrival and are found by their time") {
  put("s", 10, 20);
  put("s", 3, 5);
  put("s", 20, 22);
  CHECK(messages(get({{"startTime", now() + 3}, {"endTime", now() + 11}})) ==
        Texts{"10", "3", "4"});
  CHECK(
      messages(get({{"startTime", now() + 3}, {"endTime", now() + 5}, {"startFromHead", true}})) ==
      Texts{"3", "4"});
}

}  // namespace trainyard::api
