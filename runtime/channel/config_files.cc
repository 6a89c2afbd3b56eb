#include "runtime/channel/config_files.h"

#include <cctype>

#include <nlohmann/json.hpp>

namespace trainyard {
namespace {

using Json = nlohmann::ordered_json;

std::string compact(const Json& json) {
  // The request was UTF-8; should a value not be, it must not end the daemon.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string host_name(int number) {
  return fmt::format("algo-{}", number);
}

Json host_names(const JobSpec& spec) {
  Json names = Json::array();
  for (int number = 1; number <= spec.instance_count; ++number) names.push_back(host_name(number));
  return names;
}

// "FullyReplicated" to "FULLY_REPLICATED": the form of the platform's own file.
std::string upper_snake(const std::string& words) {
  std::string text;
  for (const char letter : words) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isupper(byte) && !text.empty()) text += '_';
    text += static_cast<char>(std::toupper(byte));
  }
  return text;
}

Json init_channel(const ChannelSpec& channel) {
  return Json{{"s3DataSource",
               {{"s3DataType", "S3_PREFIX"},
                {"s3Uri", channel.uri},
                {"s3DataDistributionType", upper_snake(channel.distribution)},
                {"attributeNames", nullptr}}},
              {"fileSystemDataSource", nullptr},
              {"compressionType", "NONE"},
              {"recordWrapper", upper_snake(channel.record_wrapper)},
              {"shuffleConfig", nullptr},
              {"inputMode", upper_snake(channel.input_mode)},
              {"sharded", channel.distribution == "ShardedByS3Key"}};
}

}  // namespace

std::string hyperparameters_json(const JobSpec& spec) {
  Json json = Json::object();
  for (const auto& [name, value] : spec.hyperparameters) json[name] = value;
  return compact(json);
}

std::string input_data_config_json(const JobSpec& spec) {
  Json json = Json::object();
  for (const auto& channel : spec.channels) {
    Json& entry = json[channel.name];
    if (!channel.content_type.empty()) entry["ContentType"] = channel.content_type;
    entry["TrainingInputMode"] = channel.input_mode;
    entry["S3DistributionType"] = channel.distribution;
    entry["RecordWrapperType"] = channel.record_wrapper;
  }
  return compact(json);
}

std::string resource_config_json(const JobSpec& spec, int host) {
  constexpr char group[] = "homogeneousCluster";
  return compact(Json{{"current_host", host_name(host)},
                      {"current_instance_type", spec.instance_type},
                      {"current_group_name", group},
                      {"hosts", host_names(spec)},
                      {"instance_groups", Json::array({Json{{"instance_group_name", group},
                                                            {"instance_type", spec.instance_type},
                                                            {"hosts", host_names(spec)}}})},
                      {"network_interface_name", "eth0"}});
}

std::string init_config_json(const JobSpec& spec, int host) {
  Json channels = Json::object();
  for (const auto& channel : spec.channels) channels[channel.name] = init_channel(channel);
  return compact(Json{{"inputMode", "FILE"},
                      {"channels", std::move(channels)},
                      {"checkpointChannel", nullptr},
                      {"hostConfig", {{"clusterSize", spec.instance_count}, {"hostNumber", host}}},
                      {"enableAdditionalPlatformLoggingForCustomer", false},
                      {"jobRunInfo", {{"jobRunNumber", 1}}}});
}

std::string metric_definitions_json(const std::vector<MetricDefinition>& definitions) {
  Json json = Json::array();
  for (const auto& definition : definitions) {
    json.push_back(Json{{"Name", definition.name}, {"Regex", definition.regex}});
  }
  return compact(json);
}

std::map<std::string, std::string> config_files(const JobSpec& spec, int host) {
  std::map<std::string, std::string> files = spec.component_configs;
  files["hyperparameters.json"] = hyperparameters_json(spec);
  files["inputdataconfig.json"] = input_data_config_json(spec);
  files["resourceconfig.json"] = resource_config_json(spec, host);
  files["init-config.json"] = init_config_json(spec, host);
  files["metric-definition-regex.json"] = metric_definitions_json(spec.metric_definitions);
  return files;
}

}  // namespace trainyard
