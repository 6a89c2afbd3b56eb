#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trainyard::api {

struct S3Uri {
  std::string bucket;
  std::string key;  // or prefix; may be empty
};

// The parts of s3://bucket/key, taken literally; nothing for any other form.
std::optional<S3Uri> parse_s3_uri(std::string_view uri);

// The path of file:///path, taken literally; nothing for any other form.
std::optional<std::string> parse_file_uri(std::string_view uri);

}  // namespace trainyard::api
