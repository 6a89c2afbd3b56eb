#pragma once

// The URIs by which jobs name data and results: s3://bucket/key and file:///absolute/path. Both are
// taken literally: no percent-decoding, no query.

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace trainyard {

struct ObjectUri {
  enum class Scheme { s3, file };
  Scheme scheme = Scheme::s3;
  std::string bucket;  // s3 only
  std::string path;    // s3: the key or key prefix, may be empty; file: the absolute path

  friend bool operator==(const ObjectUri&, const ObjectUri&) = default;
};

// Errors: invalid_argument for what is no such URI; unsupported for https://, which the service's
// pattern admits for some members.
Result<ObjectUri> parse_object_uri(std::string_view uri);

std::string to_string(const ObjectUri& uri);

// `base` and `name` with exactly one slash between them, whatever `base` ends in. An empty base
// gives the name alone.
std::string join_key(std::string_view base, std::string_view name);

// What follows the last slash, apart from slashes at the end; "" when there is nothing else.
std::string_view base_name(std::string_view path);

}  // namespace trainyard
