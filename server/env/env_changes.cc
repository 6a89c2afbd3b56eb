#include "server/env/env_changes.h"

#include <string_view>

namespace trainyard::server {

namespace {

// Each would send some requests elsewhere, or with other keys. Endpoints for single services are
// named by a prefix.
constexpr std::string_view misleading[] = {"AWS_SESSION_TOKEN",
                                           "AWS_SECURITY_TOKEN",
                                           "AWS_PROFILE",
                                           "AWS_DEFAULT_PROFILE",
                                           "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                           "AWS_CREDENTIAL_EXPIRATION"};
constexpr std::string_view service_endpoint = "AWS_ENDPOINT_URL_";

std::string value_of(const std::map<std::string, std::string>& present, const std::string& name) {
  const auto found = present.find(name);
  return found == present.end() ? "" : found->second;
}

// `item` in front of a list, unless it is in there.
std::string with_item(const std::string& list, char separator, const std::string& item) {
  if (list.empty()) return item;
  const std::string fenced = separator + list + separator;
  if (fenced.find(separator + item + separator) != fenced.npos) return list;
  return item + separator + list;
}

// "127.0.0.1" of "http://127.0.0.1:4747".
std::string host_of(const std::string& url) {
  std::string host = url.substr(url.find("://") + 3);
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool uses_proxy(const std::map<std::string, std::string>& present) {
  return !value_of(present, "http_proxy").empty() || !value_of(present, "HTTP_PROXY").empty();
}

}  // namespace

EnvChanges env_changes(const EnvFacts& facts, const std::map<std::string, std::string>& present) {
  EnvChanges changes;
  changes.set = {
      {"AWS_ENDPOINT_URL", facts.url},
      {"AWS_REGION", facts.region},
      {"AWS_DEFAULT_REGION", facts.region},
      {"AWS_ACCESS_KEY_ID", facts.access_key_id},
      {"AWS_SECRET_ACCESS_KEY", facts.secret_access_key},
      {"AWS_DATA_PATH",
       with_item(value_of(present, "AWS_DATA_PATH"), ':', facts.aws_data.string())},
      {"SAGEMAKER_USER_CONFIG_OVERRIDE", facts.sdk_config.string()},
  };
  if (uses_proxy(present)) {
    // A proxy elsewhere cannot reach this machine's loopback. Programs read either name.
    for (const char* name : {"NO_PROXY", "no_proxy"}) {
      changes.set.emplace_back(name, with_item(value_of(present, name), ',', host_of(facts.url)));
    }
  }
  for (const std::string_view name : misleading) {
    if (present.contains(std::string(name))) changes.unset.emplace_back(name);
  }
  for (const auto& [name, value] : present) {
    if (name.starts_with(service_endpoint)) changes.unset.push_back(name);
  }
  return changes;
}

}  // namespace trainyard::server
