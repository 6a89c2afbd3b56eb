#pragma once

// The Logs service over a real store in a temporary directory, called as a client calls it.

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "api/logs/logs_service.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_dir.h"

namespace trainyard::api {

struct LogsAnswer {
  int status = 0;
  std::string text;
  nlohmann::json body;  // null when the text is empty

  std::string code() const { return body.value("__type", ""); }
  std::string message() const { return body.value("message", ""); }
};

struct LogsFixture {
  LogsAnswer send(const std::string& target, const std::string& body) {
    StringSource source(body);
    Request request;
    request.id = "11111111-2222-3333-4444-555555555555";
    request.method = "POST";
    request.path = "/";
    request.content_length = body.size();
    request.body = &source;
    request.headers.add("X-Amz-Target", target);
    const Response response = service->handle(request);
    CHECK(response.headers.get("Content-Type") == "application/x-amz-json-1.1");
    CHECK(response.headers.get("x-amzn-RequestId") == request.id);
    LogsAnswer answer{response.status, std::get<std::string>(response.body), {}};
    if (!answer.text.empty()) answer.body = nlohmann::json::parse(answer.text);
    return answer;
  }
  LogsAnswer call(const std::string& operation, const nlohmann::json& input) {
    return send("Logs_20140328." + operation, input.dump());
  }
  // The answer's body; the call must succeed.
  nlohmann::json ok(const std::string& operation, const nlohmann::json& input) {
    const LogsAnswer answer = call(operation, input);
    REQUIRE_MESSAGE(answer.status == 200, answer.text);
    return answer.body;
  }

  void create(const std::string& stream, const std::string& group = "g") {
    call("CreateLogGroup", {{"logGroupName", group}});
    ok("CreateLogStream", {{"logGroupName", group}, {"logStreamName", stream}});
  }
  // Events of one second each, the first at the clock's time, named by their numbers.
  void put(const std::string& stream, std::int64_t from, std::int64_t to) {
    for (std::int64_t begin = from; begin < to; begin += 10'000) {
      nlohmann::json events = nlohmann::json::array();
      for (std::int64_t i = begin; i < std::min(begin + 10'000, to); ++i) {
        events.push_back({{"timestamp", now() + i}, {"message", std::to_string(i)}});
      }
      ok("PutLogEvents", {{"logGroupName", "g"}, {"logStreamName", stream}, {"logEvents", events}});
    }
  }
  std::int64_t now() const { return to_milliseconds(clock.now()); }

  static std::vector<std::string> messages(const nlohmann::json& page) {
    std::vector<std::string> found;
    for (const auto& event : page.at("events")) found.push_back(event.at("message"));
    return found;
  }
  static std::vector<std::string> numbers(std::int64_t from, std::int64_t to) {
    std::vector<std::string> found;
    for (std::int64_t i = from; i < to; ++i) found.push_back(std::to_string(i));
    return found;
  }

  void restart() {
    groups.reset();
    groups = std::move(LogGroups::open(directory / "logs", clock).value());
    service = std::make_unique<LogsService>(*groups, clock, LogsService::Settings{});
  }

  testing::TempDir directory;
  testing::FakeClock clock;
  std::unique_ptr<LogGroups> groups = std::move(LogGroups::open(directory / "logs", clock).value());
  std::unique_ptr<LogsService> service =
      std::make_unique<LogsService>(*groups, clock, LogsService::Settings{});
};

using Texts = std::vector<std::string>;

}  // namespace trainyard::api
