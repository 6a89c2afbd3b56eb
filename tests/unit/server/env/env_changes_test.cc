#include "server/env/env_changes.h"

#include <doctest/doctest.h>

namespace trainyard::server {

namespace {

using Environment = std::map<std::string, std::string>;

const EnvFacts facts{"http://127.0.0.1:4747",   "us-east-1", "AKIA", "secret", "/data/sdk/aws",
                     "/data/sdk/sagemaker.yaml"};

std::string value(const EnvChanges& changes, std::string_view name) {
  for (const auto& [known, text] : changes.set) {
    if (known == name) return text;
  }
  return "(not set)";
}

}  // namespace

TEST_CASE("clients are pointed at the daemon") {
  const EnvChanges changes = env_changes(facts, {});
  CHECK(value(changes, "AWS_ENDPOINT_URL") == "http://127.0.0.1:4747");
  CHECK(value(changes, "AWS_REGION") == "us-east-1");
  CHECK(value(changes, "AWS_DEFAULT_REGION") == "us-east-1");
  CHECK(value(changes, "AWS_ACCESS_KEY_ID") == "AKIA");
  CHECK(value(changes, "AWS_SECRET_ACCESS_KEY") == "secret");
  CHECK(value(changes, "AWS_DATA_PATH") == "/data/sdk/aws");
  CHECK(value(changes, "SAGEMAKER_USER_CONFIG_OVERRIDE") == "/data/sdk/sagemaker.yaml");
  CHECK(value(changes, "NO_PROXY") == "(not set)");
  CHECK(changes.unset.empty());
}

TEST_CASE("what would lead elsewhere is taken back") {
  const EnvChanges changes = env_changes(facts, Environment{{"AWS_SESSION_TOKEN", "x"},
                                                            {"AWS_PROFILE", "work"},
                                                            {"AWS_ENDPOINT_URL_S3", "http://other"},
                                                            {"AWS_ENDPOINT_URL", "y"},
                                                            {"AWS_CA_BUNDLE", "/ca"}});
  CHECK(changes.unset ==
        std::vector<std::string>{"AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL_S3"});
}

TEST_CASE("lists keep what is in them, and hold ours once") {
  CHECK(value(env_changes(facts, {{"AWS_DATA_PATH", "/own"}}), "AWS_DATA_PATH") ==
        "/data/sdk/aws:/own");
  CHECK(value(env_changes(facts, {{"AWS_DATA_PATH", "/own:/data/sdk/aws"}}), "AWS_DATA_PATH") ==
        "/own:/data/sdk/aws");
  const EnvChanges proxied =
      env_changes(facts, {{"HTTP_PROXY", "http://proxy"}, {"no_proxy", "localhost"}});
  CHECK(value(proxied, "NO_PROXY") == "127.0.0.1");
  CHECK(value(proxied, "no_proxy") == "127.0.0.1,localhost");
  EnvFacts six = facts;
  six.url = "http://[::1]:4747";
  CHECK(value(env_changes(six, {{"http_proxy", "http://proxy"}}), "NO_PROXY") == "::1");
}

TEST_CASE("a shell gets back what was put in") {
  const EnvChanges changes{{{"A", "it's $HOME `x` \\ \"\n"}}, {"B"}};
  CHECK(to_text(changes, EnvFormat::sh) == "export A='it'\\''s $HOME `x` \\ \"\n'\nunset B\n");
  CHECK(to_text(changes, EnvFormat::fish) == "set -gx A 'it\\'s $HOME `x` \\\\ \"\n'\nset -e B\n");
  CHECK(to_text(changes, EnvFormat::json) ==
        "{\n  \"A\": \"it's $HOME `x` \\\\ \\\"\\n\",\n  \"B\": null\n}\n");
}

}  // namespace trainyard::server
