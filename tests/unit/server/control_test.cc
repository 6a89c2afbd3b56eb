#include "server/control.h"

#include <utility>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace trainyard::server {

namespace {

// Knows one job, "known", with the lines it is given.
class OneJob final : public TrainingJobs {
 public:
  std::vector<std::string> lines;
  Result<void> end;

  Result<JobRecord> describe(const std::string& name) override {
    if (name == "known") return JobRecord();
    return failure(ErrorKind::not_found, "there is no job " + name);
  }
  Result<void> read_log(
      const std::string&,
      const std::function<Result<void>(Time time, std::string_view line)>& on_line) override {
    for (const std::string& line : lines) TRY_VOID(on_line(Time(), line));
    return end;
  }

  Result<JobRecord> create(JobSpec, std::string, Tags) override { return unused(); }
  JobWatch watch(const std::string&, OnJobChange) override { return nullptr; }
  Result<JobPage> list(const JobQuery&) override { return unused(); }
  Result<void> stop(const std::string&) override { return unused(); }
  Result<void> remove(const std::string&) override { return unused(); }
  Result<JobRecord> replace_document(const std::string&, std::string) override { return unused(); }
  Result<Tags> tags(const std::string&) override { return unused(); }
  Result<void> replace_tags(const std::string&, Tags) override { return unused(); }

 private:
  static tl::unexpected<Error> unused() { return failure(ErrorKind::unsupported, "not in a test"); }
};

Result<EngineInfo> engine_there() {
  return EngineInfo{"20.10.24", "1.41", "overlay2", "/var/lib/docker", "unix:///docker.sock"};
}

Result<EngineInfo> engine_away() {
  return failure(ErrorKind::unavailable, "nobody listens");
}

ControlService::Parts parts(std::function<Result<EngineInfo>()> engine_info) {
  return {std::move(engine_info), [] { return Result<void>(); }, "eu-west-1", "000000000001"};
}

api::Response get(ControlService& service, std::string path, std::string method = "GET") {
  StringSource empty("");
  api::Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.body = &empty;
  return service.handle(request);
}

Result<std::string> streamed_text(api::Response& response) {
  return read_all(*std::get<api::StreamedBody>(response.body).source, 1 << 24);
}

}  // namespace

TEST_CASE("a job's log is streamed line by line") {
  OneJob jobs;
  ControlService service(jobs, parts(engine_there));
  std::string expected;
  for (int line = 0; line < 30'000; ++line) {
    jobs.lines.push_back(fmt::format("line {} \xff", line));
    expected += jobs.lines.back() + '\n';
  }
  api::Response response = get(service, "/_trainyard/jobs/known/log");
  CHECK(response.status == 200);
  CHECK(response.headers.get("content-type") == "text/plain; charset=utf-8");
  CHECK(streamed_text(response).value() == expected);
}

TEST_CASE("an empty log is an empty body") {
  OneJob jobs;
  ControlService service(jobs, parts(engine_there));
  api::Response response = get(service, "/_trainyard/jobs/known/log");
  CHECK(streamed_text(response).value().empty());
}

TEST_CASE("a log that cannot be read to its end breaks off after the lines before") {
  OneJob jobs;
  jobs.lines = {"first"};
  jobs.end = failure(ErrorKind::data_corrupt, "a segment is damaged");
  ControlService service(jobs, parts(engine_there));
  api::Response response = get(service, "/_trainyard/jobs/known/log");
  auto& source = *std::get<api::StreamedBody>(response.body).source;
  std::string text(6, ' ');
  CHECK(read_full(source, std::as_writable_bytes(std::span(text))).value() == 6);
  CHECK(text == "first\n");
  CHECK_FALSE(source.read(std::as_writable_bytes(std::span(text))));
}

TEST_CASE("a log nobody reads to its end is let go") {
  OneJob jobs;
  jobs.lines.assign(100'000, "a line that will not be read");
  ControlService service(jobs, parts(engine_there));
  const api::Response response = get(service, "/_trainyard/jobs/known/log");
  CHECK(response.status == 200);
}

TEST_CASE("an unknown job has no log") {
  OneJob jobs;
  ControlService service(jobs, parts(engine_there));
  const api::Response response = get(service, "/_trainyard/jobs/other/log");
  CHECK(response.status == 404);
  CHECK(std::get<std::string>(response.body) == "there is no job other\n");
}

TEST_CASE("health tells about the Engine, and is ok without one") {
  OneJob jobs;
  ControlService with(jobs, parts(engine_there));
  const api::Response good = get(with, "/_trainyard/health");
  CHECK(good.status == 200);
  CHECK(good.headers.get("content-type") == "application/json");
  const auto there = nlohmann::json::parse(std::get<std::string>(good.body));
  CHECK(there["status"] == "ok");
  CHECK(there["version"].is_string());
  CHECK(there["region"] == "eu-west-1");
  CHECK(there["account_id"] == "000000000001");
  CHECK(there["engine"]["reachable"] == true);
  CHECK(there["engine"]["version"] == "20.10.24");

  ControlService without(jobs, parts(engine_away));
  const auto away =
      nlohmann::json::parse(std::get<std::string>(get(without, "/_trainyard/health").body));
  CHECK(away["status"] == "ok");
  CHECK(away["engine"]["reachable"] == false);
  CHECK(away["engine"]["message"] == "nobody listens");
}

TEST_CASE("a reset is asked for by what no web form can send") {
  OneJob jobs;
  int resets = 0;
  Result<void> outcome;
  ControlService::Parts given = parts(engine_there);
  given.reset = [&] {
    ++resets;
    return outcome;
  };
  ControlService service(jobs, given);
  const auto post = [&](std::string path, std::string name, std::string value) {
    StringSource empty("");
    api::Request request;
    request.method = "POST";
    request.path = std::move(path);
    request.body = &empty;
    if (!name.empty()) request.headers.add(std::move(name), std::move(value));
    return service.handle(request);
  };
  for (const char* path : {"/_trainyard/reset", "/moto-api/reset"}) {
    CAPTURE(path);
    for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                             "multipart/form-data; boundary=application/json"}) {
      CAPTURE(type);
      CHECK(post(path, *type == '\0' ? "" : "Content-Type", type).status == 403);
    }
    CHECK(get(service, path).status == 405);
    CHECK(resets == 0);
    CHECK(post(path, "Content-Type", "application/json; charset=utf-8").status == 200);
    const api::Response answer = post(path, "X-Trainyard", "");
    CHECK(answer.status == 200);
    CHECK(std::get<std::string>(answer.body) == R"({"status":"reset"})");
    CHECK(std::exchange(resets, 0) == 2);
  }
  outcome = failure(ErrorKind::unavailable, "the Engine is away");
  const api::Response refused = post("/_trainyard/reset", "X-Trainyard", "1");
  CHECK(refused.status == 503);
  CHECK(std::get<std::string>(refused.body) == "the Engine is away\n");
}

TEST_CASE("other paths and methods are refused") {
  OneJob jobs;
  ControlService service(jobs, parts(engine_there));
  for (const char* path : {"/_trainyard/", "/_trainyard/jobs//log", "/_trainyard/jobs/log",
                           "/_trainyard/jobs/a/b/log", "/_trainyard/jobs/known/logs"}) {
    CAPTURE(path);
    CHECK(get(service, path).status == 404);
  }
  const api::Response posted = get(service, "/_trainyard/health", "POST");
  CHECK(posted.status == 405);
  CHECK(posted.headers.get("allow") == "GET");
  CHECK(ControlService::is_route("/_trainyard/health"));
  CHECK_FALSE(ControlService::is_route("/_trainyardhealth"));
  CHECK_FALSE(ControlService::is_route("/bucket/_trainyard/"));
}

}  // namespace trainyard::server
