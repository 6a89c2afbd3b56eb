#pragma once

// The files of /opt/ml/input/config, as SageMaker's platform writes them: compact JSON, with the
// same members in the same order, since some images compare or measure them. Pure.

#include <map>
#include <string>
#include <vector>

#include "runtime/job/job_spec.h"

namespace trainyard {

// Content by file name. `host` is the one that will see them, numbered from 1.
std::map<std::string, std::string> config_files(const JobSpec& spec, int host = 1);

std::string hyperparameters_json(const JobSpec& spec);
std::string input_data_config_json(const JobSpec& spec);
std::string resource_config_json(const JobSpec& spec, int host);
std::string init_config_json(const JobSpec& spec, int host);
std::string metric_definitions_json(const std::vector<MetricDefinition>& definitions);

}  // namespace trainyard
