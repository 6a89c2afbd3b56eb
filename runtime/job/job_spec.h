#pragma once

// What a training job asks for, in the runtime's own words: everything that running it needs and
// nothing that is only echoed. Made once from an accepted request; never changed afterwards.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/metric/metric_definition.h"

namespace trainyard {

struct ChannelSpec {
  std::string name;
  std::string uri;           // s3://bucket/prefix or file:///absolute/path, taken literally
  std::string content_type;  // "" when the request has none
  std::string input_mode = "File";
  std::string distribution = "FullyReplicated";
  std::string record_wrapper = "None";
};

struct JobSpec {
  std::string name;
  std::string arn;
  std::string region;
  std::string image;
  std::vector<std::string> entrypoint;  // empty: the image's own
  std::vector<std::string> arguments;   // empty: none given
  std::map<std::string, std::string> hyperparameters;
  std::map<std::string, std::string> environment;
  std::vector<ChannelSpec> channels;
  std::string output_uri;       // s3://bucket/prefix or file:///absolute/path
  bool compress_output = true;  // false: plain objects instead of archives
  std::string instance_type;
  int instance_count = 1;
  std::chrono::seconds max_runtime{86400};
  bool network_isolation = false;
  bool metrics_time_series = false;
  std::vector<MetricDefinition> metric_definitions;
  // Further files of /opt/ml/input/config by name, e.g. "debughookconfig.json", with their content.
  std::map<std::string, std::string> component_configs;
};

// The form in which a spec lies in the journal.
std::string to_json(const JobSpec& spec);
Result<JobSpec> job_spec_from_json(const std::string& text);

// Where the job's results go: "<output uri without trailing slashes>/<name>/output".
std::string output_prefix(const JobSpec& spec);

// The URI that is reported as the model's place: "<prefix>/model.tar.gz", or "<prefix>/model".
std::string model_artifacts_uri(const JobSpec& spec);

}  // namespace trainyard
