#include "runtime/job/job_environment.h"

#include <algorithm>
#include <map>

#include "runtime/channel/opt_ml.h"

namespace trainyard {

namespace {

using Variables = std::map<std::string, std::string>;

constexpr const char* key_id_name = "AWS_ACCESS_KEY_ID";
constexpr const char* key_secret_name = "AWS_SECRET_ACCESS_KEY";
constexpr const char* session_token_name = "AWS_SESSION_TOKEN";

// Every way in which AWS's SDKs are given credentials by environment.
constexpr const char* credential_names[] = {
    key_id_name,
    key_secret_name,
    session_token_name,
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
};

constexpr const char* proxy_names[] = {"HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"};

Variables of_platform(const JobSpec& spec) {
  Variables variables{
      {"TRAINING_JOB_NAME", spec.name}, {"TRAINING_JOB_ARN", spec.arn},
      {"AWS_REGION", spec.region},      {"AWS_EXECUTION_ENV", "AWS_ECS_EC2"},
      {"DMLC_INTERFACE", "eth0"},       {"NVIDIA_VISIBLE_DEVICES", "void"},
  };
  if (spec.metrics_time_series) {
    variables["SAGEMAKER_METRICS_DIRECTORY"] = opt_ml::output_metrics_sagemaker;
  }
  return variables;
}

// S3_ENDPOINT_URL is what SageMaker's training toolkit reads; images with an AWS SDK from before
// the middle of 2023 know neither of the others.
Variables of_endpoint(const JobSpec& spec, const JobEndpoint::Access& access) {
  const std::string url = "http://" + access.address;
  return {
      {"AWS_ENDPOINT_URL", url},    {"AWS_ENDPOINT_URL_S3", url},
      {"S3_ENDPOINT_URL", url},     {"AWS_DEFAULT_REGION", spec.region},
      {key_id_name, access.key.id}, {key_secret_name, access.key.secret},
  };
}

Variables own_variables(const JobSpec& spec, const JobOptions& options) {
  Variables variables = options.environment;
  for (const auto& [name, value] : spec.environment) variables[name] = value;
  return variables;
}

bool has_any(const Variables& variables, const auto& names) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char* name) { return variables.contains(name); });
}

// Some programs read the one spelling, some the other, and some fall back.
void go_past_proxy(Variables& variables, const std::string& host) {
  const auto upper = variables.find("NO_PROXY");
  const auto lower = variables.find("no_proxy");
  const auto end = variables.end();
  const std::string for_upper = upper != end ? upper->second : lower != end ? lower->second : "";
  const std::string for_lower = lower != end ? lower->second : for_upper;
  const auto with_host = [&](const std::string& list) {
    return list.empty() || list == "*" ? (list.empty() ? host : list) : list + ',' + host;
  };
  variables["NO_PROXY"] = with_host(for_upper);
  variables["no_proxy"] = with_host(for_lower);
}

}  // namespace

std::vector<std::string> job_environment(const JobSpec& spec, const JobOptions& options,
                                         const std::optional<JobEndpoint::Access>& endpoint,
                                         const Variables& machine) {
  const Variables own = own_variables(spec, options);
  Variables variables = of_platform(spec);
  for (const auto& [name, value] : machine) variables[name] = value;
  if (endpoint) {
    for (auto& [name, value] : of_endpoint(spec, *endpoint)) variables[name] = value;
    if (has_any(own, credential_names)) {
      variables.erase(key_id_name);
      variables.erase(key_secret_name);
    }
  }
  for (const auto& [name, value] : own) variables[name] = value;
  if (endpoint && has_any(variables, proxy_names)) {
    go_past_proxy(variables, endpoint->address.substr(0, endpoint->address.rfind(':')));
  }
  std::vector<std::string> lines;
  lines.reserve(variables.size());
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

std::optional<AccessKey> given_key(const JobSpec& spec, const JobOptions& options) {
  const Variables own = own_variables(spec, options);
  const auto id = own.find(key_id_name);
  const auto secret = own.find(key_secret_name);
  if (id == own.end() || secret == own.end()) return std::nullopt;
  if (id->second.empty() || secret->second.empty()) return std::nullopt;
  const auto token = own.find(session_token_name);
  return AccessKey{id->second, secret->second, token == own.end() ? "" : token->second};
}

}  // namespace trainyard
