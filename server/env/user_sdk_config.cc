#include "server/env/user_sdk_config.h"

#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

namespace trainyard::server {

namespace {

constexpr std::string_view quoted_tag = "!";
constexpr int depth_max = 64;

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Writes block style: there, what was a plain scalar is one again.
class Writer {
 public:
  Result<std::string> write(const YAML::Node& node) {
    TRY_VOID(value(node, 0));
    return text_ + "\n";
  }

 private:
  Result<void> value(const YAML::Node& node, int depth) {
    if (depth > depth_max || text_.size() > sdk_config_bytes_max) {
      return failure(ErrorKind::limit_exceeded, "it is too large");
    }
    switch (node.Type()) {
      case YAML::NodeType::Map:
        return map(node, depth);
      case YAML::NodeType::Sequence:
        return sequence(node, depth);
      case YAML::NodeType::Scalar:
        text_ += scalar(node);
        return {};
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        text_ += "null";
        return {};
    }
    return {};
  }

  Result<void> map(const YAML::Node& node, int depth) {
    if (node.size() == 0) text_ += "{}";
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        return failure(ErrorKind::invalid_argument, "a key in it is not a text");
      }
      new_line(depth);
      text_ += scalar(entry.first) + ": ";
      TRY_VOID(value(entry.second, depth + 1));
    }
    return {};
  }

  Result<void> sequence(const YAML::Node& node, int depth) {
    if (node.size() == 0) text_ += "[]";
    for (const auto& entry : node) {
      new_line(depth);
      text_ += "- ";
      TRY_VOID(value(entry, depth + 1));
    }
    return {};
  }

  void new_line(int depth) {
    if (!text_.empty()) text_ += '\n';
    text_.append(static_cast<std::size_t>(depth) * 2, ' ');
  }

  // A scalar's tag tells how it was written: "?" plain, "!" quoted, else its own.
  static std::string scalar(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    if (tag.empty() || tag == "?") return node.Scalar();
    if (tag == quoted_tag) return quoted(node.Scalar());
    return fmt::format("!<{}> {}", tag, quoted(node.Scalar()));
  }

  std::string text_;
};

// yaml-cpp reports by exceptions, and so do these; they end in the caller.
YAML::Node section(YAML::Node parent, const char* name) {
  const YAML::Node present = std::as_const(parent)[name];
  if (present && !present.IsMap() && !present.IsNull()) {
    throw YAML::Exception(present.Mark(), std::string(name) + " is no map");
  }
  if (!present || present.IsNull()) parent[name] = YAML::Node(YAML::NodeType::Map);
  return parent[name];
}

YAML::Node with_defaults(const std::string& user_config, const SdkDefaults& defaults) {
  YAML::Node config = YAML::Load(user_config);
  if (!config.IsMap() && !config.IsNull()) throw YAML::Exception(config.Mark(), "it is no map");
  if (!config["SchemaVersion"]) {
    config["SchemaVersion"] = "1.0";
    config["SchemaVersion"].SetTag(std::string(quoted_tag));
  }
  const YAML::Node sagemaker = section(config, "SageMaker");
  YAML::Node modules = section(section(sagemaker, "PythonSDK"), "Modules");
  section(modules, "Session")["DefaultS3Bucket"] = defaults.default_bucket;
  modules["TelemetryOptOut"] = "true";
  section(sagemaker, "TrainingJob")["RoleArn"] = defaults.role_arn;
  return config;
}

}  // namespace

Result<std::string> merged_sdk_config(const std::string& user_config, const SdkDefaults& defaults) {
  try {
    return Writer().write(with_defaults(user_config, defaults));
  } catch (const YAML::Exception& error) {
    return failure(ErrorKind::invalid_argument, error.what());
  }
}

}  // namespace trainyard::server
