#include "api/sagemaker/s3_uri.h"

namespace trainyard::api {

std::optional<S3Uri> parse_s3_uri(std::string_view uri) {
  constexpr std::string_view scheme = "s3://";
  if (!uri.starts_with(scheme)) return std::nullopt;
  uri.remove_prefix(scheme.size());
  const std::size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return S3Uri{std::string(uri), ""};
  return S3Uri{std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1))};
}

std::optional<std::string> parse_file_uri(std::string_view uri) {
  constexpr std::string_view scheme = "file://";
  if (!uri.starts_with(scheme) || !uri.substr(scheme.size()).starts_with('/')) return std::nullopt;
  return std::string(uri.substr(scheme.size()));
}

}  // namespace trainyard::api
