#include "api/validation/extensions.h"

#include "api/validation/pattern.h"

namespace trainyard::api {

namespace {

constexpr std::string_view file_uri = R"(file:///[\S\s]*)";

constexpr Extension extension_table[] = {
    {"ResourceConfig.InstanceType", "local[a-zA-Z0-9._-]{0,59}"},
    {"InputDataConfig[].DataSource.S3DataSource.S3Uri", file_uri},
    {"OutputDataConfig.S3OutputPath", file_uri},
};

}  // namespace

std::span<const Extension> extensions() {
  return extension_table;
}

bool extension_accepts(std::string_view path, std::string_view value) {
  for (const Extension& extension : extension_table) {
    if (extension.path == path && compiled_pattern(extension.pattern).matches(value)) return true;
  }
  return false;
}

}  // namespace trainyard::api
