#pragma once

// Every path below /opt/ml that the platform knows, as SageMaker documents them ("How Amazon
// SageMaker Provides Training Information"). Subdirectories are mounted, never all of /opt/ml: an
// image may ship /opt/ml/code.

#include <string>

namespace trainyard::opt_ml {

inline constexpr char input[] = "/opt/ml/input";
inline constexpr char input_config[] = "/opt/ml/input/config";
inline constexpr char input_data[] = "/opt/ml/input/data";
inline constexpr char model[] = "/opt/ml/model";
inline constexpr char output[] = "/opt/ml/output";
inline constexpr char output_data[] = "/opt/ml/output/data";
inline constexpr char output_failure[] = "/opt/ml/output/failure";
inline constexpr char output_metrics[] = "/opt/ml/output/metrics";
inline constexpr char output_metrics_sagemaker[] = "/opt/ml/output/metrics/sagemaker";
inline constexpr char output_profiler[] = "/opt/ml/output/profiler";

inline std::string channel(const std::string& name) {
  return std::string(input_data) + '/' + name;
}
inline std::string manifest(const std::string& channel_name) {
  return channel(channel_name) + "-manifest";
}

// Non-root images must be able to write, so these are wider than the service's 0755 and 0644.
inline constexpr unsigned directory_mode = 0777;
inline constexpr unsigned file_mode = 0666;

}  // namespace trainyard::opt_ml
