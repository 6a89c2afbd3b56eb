#include "runtime/job/job_spec.h"

#include <nlohmann/json.hpp>

namespace trainyard {

// Found by nlohmann_json; one list of members serves both directions.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ChannelSpec, name, uri, content_type, input_mode, distribution,
                                   record_wrapper)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(MetricDefinition, name, regex)

namespace {

// Calls `visit(key, member)` for every plain member of a spec.
template <typename Spec, typename Visit>
void visit_members(Spec& spec, const Visit& visit) {
  visit("name", spec.name);
  visit("arn", spec.arn);
  visit("region", spec.region);
  visit("image", spec.image);
  visit("entrypoint", spec.entrypoint);
  visit("arguments", spec.arguments);
  visit("hyperparameters", spec.hyperparameters);
  visit("environment", spec.environment);
  visit("channels", spec.channels);
  visit("output_uri", spec.output_uri);
  visit("compress_output", spec.compress_output);
  visit("instance_type", spec.instance_type);
  visit("instance_count", spec.instance_count);
  visit("network_isolation", spec.network_isolation);
  visit("metrics_time_series", spec.metrics_time_series);
  visit("component_configs", spec.component_configs);
}

}  // namespace

std::string to_json(const JobSpec& spec) {
  nlohmann::json json;
  visit_members(spec, [&](const char* key, const auto& member) { json[key] = member; });
  json["max_runtime"] = spec.max_runtime.count();
  json["metric_definitions"] = spec.metric_definitions;
  return json.dump();
}

Result<JobSpec> job_spec_from_json(const std::string& text) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    JobSpec spec;
    visit_members(spec, [&](const char* key, auto& member) { json.at(key).get_to(member); });
    spec.max_runtime = std::chrono::seconds(json.at("max_runtime").get<std::int64_t>());
    // Journals of earlier versions have none.
    spec.metric_definitions = json.value("metric_definitions", spec.metric_definitions);
    return spec;
  } catch (const nlohmann::json::exception& error) {
    return failure(ErrorKind::data_corrupt,
                   fmt::format("a job's record in the journal: {}", error.what()));
  }
}

std::string output_prefix(const JobSpec& spec) {
  std::string_view base = spec.output_uri;
  // The scheme's own slashes stay: "file:///" is the root directory.
  const std::size_t scheme = base.find("://");
  const std::size_t keep = scheme == std::string_view::npos ? 0 : scheme + 3;
  while (base.size() > keep && base.back() == '/') base.remove_suffix(1);
  return fmt::format("{}/{}/output", base, spec.name);
}

std::string model_artifacts_uri(const JobSpec& spec) {
  return output_prefix(spec) + (spec.compress_output ? "/model.tar.gz" : "/model");
}

}  // namespace trainyard
