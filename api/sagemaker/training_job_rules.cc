#include "api/sagemaker/training_job_rules.h"

#include <set>

#include "api/validation/violation.h"
#include "runtime/metric/line_metrics.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t runtime_seconds_max = std::int64_t{28} * 24 * 60 * 60;

tl::unexpected<AwsError> refuse(std::string message) {
  return failure(AwsError::validation(std::move(message)));
}

void check_channel_sources(const Json& channels, std::vector<std::string>& violations) {
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const auto source = channels[i].find("DataSource");
    if (source == channels[i].end() || !source->empty()) continue;
    violations.push_back(
        missing_member(fmt::format("inputDataConfig.{}.member.dataSource.s3DataSource", i + 1)));
  }
}

ApiResult<> check_image(const Json& request) {
  const Json& algorithm = request.at("AlgorithmSpecification");
  if (!algorithm.value("TrainingImage", "").empty()) return {};
  return refuse(
      "AlgorithmSpecification must name the algorithm: give the container image as TrainingImage.");
}

ApiResult<> check_runtime(const Json& request) {
  const Json stopping = request.value("StoppingCondition", Json::object());
  if (stopping.value("MaxRuntimeInSeconds", std::int64_t{1}) <= runtime_seconds_max) return {};
  return refuse(fmt::format("Invalid MaxRuntimeInSeconds. It must be at most {} seconds (28 days).",
                            runtime_seconds_max));
}

// Every channel has the directory of its name and, beside it, the file <name>-manifest.
ApiResult<> check_channel_names(const Json& request) {
  std::set<std::string> names;
  for (const Json& channel : request.value("InputDataConfig", Json::array())) {
    const auto& name = channel.at("ChannelName").get_ref<const std::string&>();
    if (name == "." || name == "..") {
      return refuse(fmt::format(
          "Channel name '{}' cannot be used: it does not name a directory of its own.", name));
    }
    if (!names.insert(name).second) {
      return refuse(
          fmt::format("Channel names must be unique: '{}' is used more than once.", name));
    }
  }
  for (const std::string& name : names) {
    if (!names.contains(name + "-manifest")) continue;
    return refuse(fmt::format(
        "Channel name '{0}-manifest' cannot be used beside channel '{0}', whose manifest file has "
        "that name.",
        name));
  }
  return {};
}

bool has_nul(const Json& text) {
  return text.get_ref<const std::string&>().find('\0') != std::string::npos;
}

ApiResult<> check_command(const Json& request) {
  const Json& algorithm = request.at("AlgorithmSpecification");
  for (const char* member : {"ContainerEntrypoint", "ContainerArguments"}) {
    for (const Json& item : algorithm.value(member, Json::array())) {
      if (item.get_ref<const std::string&>().empty()) {
        return refuse(
            "Invalid AlgorithmSpecification. ContainerArguments and ContainerEntrypoint may not "
            "contain null or empty strings.");
      }
      if (has_nul(item)) {
        return refuse(fmt::format("{} may not contain NUL characters.", member));
      }
    }
  }
  return {};
}

ApiResult<> check_environment(const Json& request) {
  const auto environment = request.find("Environment");
  if (environment == request.end()) return {};
  for (const auto& [name, value] : environment->items()) {
    if (has_nul(value)) {
      return refuse(fmt::format("Environment variable '{}' may not contain NUL characters.", name));
    }
  }
  return {};
}

ApiResult<> check_metric_definitions(const Json& request) {
  const Json& algorithm = request.at("AlgorithmSpecification");
  for (const Json& definition : algorithm.value("MetricDefinitions", Json::array())) {
    const auto regex = definition.at("Regex").get<std::string>();
    const auto checked = check_metric_regex(regex);
    if (checked) continue;
    return refuse(fmt::format("Invalid regular expression '{}' of metric definition '{}': {}.",
                              regex, definition.at("Name").get<std::string>(),
                              checked.error().message));
  }
  return {};
}

}  // namespace

void check_training_job_presence(const Json& request, std::vector<std::string>& violations) {
  if (request.contains("InputDataConfig")) {
    check_channel_sources(request["InputDataConfig"], violations);
  }
  // Such a job has no container; it is refused by name further on.
  if (request.contains("ServerlessJobConfig")) return;
  if (!request.contains("AlgorithmSpecification")) {
    violations.push_back(missing_member("algorithmSpecification"));
  }
  const auto resources = request.find("ResourceConfig");
  if (resources == request.end()) {
    violations.push_back(missing_member("resourceConfig"));
    return;
  }
  // Those are refused by name further on; an empty list says nothing.
  for (const char* other : {"InstanceGroups", "InstancePreferences"}) {
    if (const auto list = resources->find(other); list != resources->end() && !list->empty())
      return;
  }
  if (!resources->contains("InstanceType")) {
    violations.push_back(missing_member("resourceConfig.instanceType"));
  }
  const auto count = resources->find("InstanceCount");
  if (count == resources->end()) {
    violations.push_back(missing_member("resourceConfig.instanceCount"));
  } else if (*count == 0) {
    violations.push_back(violation(*count, "resourceConfig.instanceCount",
                                   "Member must have value greater than or equal to 1"));
  }
}

ApiResult<> check_training_job_rules(const Json& request) {
  TRY_VOID(check_image(request));
  TRY_VOID(check_runtime(request));
  TRY_VOID(check_channel_names(request));
  TRY_VOID(check_command(request));
  TRY_VOID(check_environment(request));
  TRY_VOID(check_metric_definitions(request));
  return {};
}

}  // namespace trainyard::api
