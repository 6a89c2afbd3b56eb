#include "runtime/job/job_environment.h"

#include <map>

#include <doctest/doctest.h>

namespace trainyard {

namespace {

using Variables = std::map<std::string, std::string>;

const JobEndpoint::Access access{"10.213.4.1:4748", {"JOBKEY1", "secret"}};

Variables environment(const Variables& of_request, const Variables& of_owner = {},
                      const std::optional<JobEndpoint::Access>& endpoint = access) {
  JobSpec spec;
  spec.name = "job";
  spec.region = "eu-central-1";
  spec.environment = of_request;
  JobOptions options;
  options.environment = of_owner;
  Variables variables;
  for (const std::string& line : job_environment(spec, options, endpoint)) {
    const std::size_t equals = line.find('=');
    const bool is_new = variables.emplace(line.substr(0, equals), line.substr(equals + 1)).second;
    CHECK(is_new);
  }
  return variables;
}

}  // namespace

TEST_CASE("a job is told where its endpoint is, and given its key") {
  const Variables variables = environment({});
  for (const char* name : {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "S3_ENDPOINT_URL"}) {
    CAPTURE(name);
    CHECK(variables.at(name) == "http://10.213.4.1:4748");
  }
  CHECK(variables.at("AWS_ACCESS_KEY_ID") == "JOBKEY1");
  CHECK(variables.at("AWS_SECRET_ACCESS_KEY") == "secret");
  CHECK(variables.at("AWS_REGION") == "eu-central-1");
  CHECK(variables.at("AWS_DEFAULT_REGION") == "eu-central-1");
  CHECK_FALSE(variables.contains("NO_PROXY"));
}

TEST_CASE("without an endpoint there are neither addresses nor keys") {
  const Variables variables = environment({}, {}, std::nullopt);
  for (const auto& [name, value] : variables) {
    CAPTURE(name);
    CHECK(name.find("ENDPOINT") == std::string::npos);
    CHECK(name.find("KEY") == std::string::npos);
  }
  CHECK(variables.at("TRAINING_JOB_NAME") == "job");
}

TEST_CASE("the request wins over the owner, and the owner over the platform") {
  const Variables variables =
      environment({{"A", "request"}, {"AWS_ENDPOINT_URL_S3", "http://elsewhere"}},
                  {{"A", "owner"}, {"B", "owner"}, {"DMLC_INTERFACE", "eth1"}});
  CHECK(variables.at("A") == "request");
  CHECK(variables.at("B") == "owner");
  CHECK(variables.at("DMLC_INTERFACE") == "eth1");
  CHECK(variables.at("AWS_ENDPOINT_URL_S3") == "http://elsewhere");
  CHECK(variables.at("S3_ENDPOINT_URL") == "http://10.213.4.1:4748");
}

TEST_CASE("credentials of the request's own are not mixed with the job's key") {
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                           "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE",
                           "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"}) {
    CAPTURE(name);
    const Variables variables = environment({{name, "own"}});
    CHECK(variables.at(name) == "own");
    CHECK(variables.at("AWS_ENDPOINT_URL") == "http://10.213.4.1:4748");
    for (const auto& [other, value] : variables) CHECK(value != "secret");
    for (const auto& [other, value] : variables) CHECK(value != "JOBKEY1");
  }
}

TEST_CASE("a whole key of the request's own is one that the endpoint takes") {
  JobSpec spec;
  JobOptions options;
  CHECK_FALSE(given_key(spec, options));
  spec.environment["AWS_ACCESS_KEY_ID"] = "test";
  CHECK_FALSE(given_key(spec, options));
  options.environment["AWS_SECRET_ACCESS_KEY"] = "hidden";
  CHECK(given_key(spec, options) == AccessKey{"test", "hidden"});
  spec.environment["AWS_SESSION_TOKEN"] = "token";
  CHECK(given_key(spec, options) == AccessKey{"test", "hidden", "token"});
  spec.environment["AWS_SECRET_ACCESS_KEY"] = "";
  CHECK_FALSE(given_key(spec, options));
}

TEST_CASE("the endpoint is reached past a proxy") {
  Variables variables = environment({}, {{"HTTP_PROXY", "http://proxy:3128"}});
  CHECK(variables.at("NO_PROXY") == "10.213.4.1");
  CHECK(variables.at("no_proxy") == "10.213.4.1");

  variables = environment({{"no_proxy", "internal"}}, {{"http_proxy", "http://proxy:3128"}});
  CHECK(variables.at("NO_PROXY") == "internal,10.213.4.1");
  CHECK(variables.at("no_proxy") == "internal,10.213.4.1");

  variables = environment({{"NO_PROXY", "a"}, {"no_proxy", "b"}}, {{"ALL_PROXY", "socks5://p"}});
  CHECK(variables.at("NO_PROXY") == "a,10.213.4.1");
  CHECK(variables.at("no_proxy") == "b,10.213.4.1");

  variables = environment({{"NO_PROXY", "*"}}, {{"HTTP_PROXY", "http://proxy:3128"}});
  CHECK(variables.at("NO_PROXY") == "*");

  // Nothing of ours is fetched through a proxy for https.
  variables = environment({}, {{"HTTPS_PROXY", "http://proxy:3128"}});
  CHECK_FALSE(variables.contains("NO_PROXY"));
}

}  // namespace trainyard
