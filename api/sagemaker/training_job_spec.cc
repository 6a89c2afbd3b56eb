#include "api/sagemaker/training_job_document.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

std::vector<std::string> strings(const Json& object, const char* member) {
  return object.value(member, std::vector<std::string>());
}

std::map<std::string, std::string> string_map(const Json& object, const char* member) {
  return object.value(member, std::map<std::string, std::string>());
}

ChannelSpec channel_spec(const Json& channel, const std::string& default_mode) {
  const Json& source = channel.at("DataSource").at("S3DataSource");
  ChannelSpec spec;
  spec.name = channel.at("ChannelName").get<std::string>();
  spec.uri = source.at("S3Uri").get<std::string>();
  spec.content_type = channel.value("ContentType", "");
  spec.input_mode = channel.value("InputMode", default_mode);
  spec.distribution = source.at("S3DataDistributionType").get<std::string>();
  spec.record_wrapper = channel.at("RecordWrapperType").get<std::string>();
  return spec;
}

// A member of the request that the service also lays into the container as a file.
struct ComponentConfig {
  const char* member;
  const char* file;
  const char* output_folder;  // of the job, below S3OutputPath
  const char* local_path;     // when the request names none
};

constexpr ComponentConfig component_configs[] = {
    {"DebugHookConfig", "debughookconfig.json", "debug-output", "/opt/ml/output/tensors"},
    {"ProfilerConfig", "profilerconfig.json", "profiler-output", "/opt/ml/output/profiler"},
    {"TensorBoardOutputConfig", "tensorboardoutputconfig.json", "tensorboard-output",
     "/opt/ml/output/tensorboard/"},
};

std::string component_text(Json config, const ComponentConfig& component, const std::string& job) {
  if (!config.contains("LocalPath")) config["LocalPath"] = component.local_path;
  if (config.contains("S3OutputPath")) {
    std::string path = config["S3OutputPath"].get<std::string>();
    while (path.ends_with('/')) path.pop_back();
    config["S3OutputPath"] = fmt::format("{}/{}/{}", path, job, component.output_folder);
  }
  return config.dump();
}

}  // namespace

JobSpec training_job_spec(const SageMakerSettings& settings, const Json& document) {
  const Json& algorithm = document.at("AlgorithmSpecification");
  const Json& output = document.at("OutputDataConfig");
  const Json& resources = document.at("ResourceConfig");
  const Json& stopping = document.at("StoppingCondition");

  JobSpec spec;
  spec.name = document.at("TrainingJobName").get<std::string>();
  spec.arn = training_job_arn(settings, spec.name);
  spec.region = settings.region;
  spec.image = algorithm.at("TrainingImage").get<std::string>();
  spec.entrypoint = strings(algorithm, "ContainerEntrypoint");
  spec.arguments = strings(algorithm, "ContainerArguments");
  spec.hyperparameters = string_map(document, "HyperParameters");
  spec.environment = string_map(document, "Environment");
  const auto default_mode = algorithm.at("TrainingInputMode").get<std::string>();
  for (const Json& channel : document.value("InputDataConfig", Json::array())) {
    spec.channels.push_back(channel_spec(channel, default_mode));
  }
  spec.output_uri = output.at("S3OutputPath").get<std::string>();
  spec.compress_output = output.at("CompressionType") != "NONE";
  spec.instance_type = resources.at("InstanceType").get<std::string>();
  spec.instance_count = resources.at("InstanceCount").get<int>();
  spec.max_runtime = std::chrono::seconds(stopping.at("MaxRuntimeInSeconds").get<std::int64_t>());
  spec.network_isolation = document.at("EnableNetworkIsolation").get<bool>();
  spec.metrics_time_series = algorithm.at("EnableSageMakerMetricsTimeSeries").get<bool>();
  for (const Json& definition : algorithm.value("MetricDefinitions", Json::array())) {
    spec.metric_definitions.push_back(
        {definition.at("Name").get<std::string>(), definition.at("Regex").get<std::string>()});
  }
  for (const ComponentConfig& component : component_configs) {
    const auto config = document.find(component.member);
    if (config == document.end()) continue;
    spec.component_configs[component.file] = component_text(*config, component, spec.name);
  }
  return spec;
}

}  // namespace trainyard::api
